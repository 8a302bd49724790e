-- Says which commands the user may not use, or the server does not know. It carries out none of them.  O(n)
-- flags: allow-oom
-- without header
-- ARGV a key, command...
-- reply: (command, 1 if the server knows it)... of those that cannot be used
-- How many arguments are tried. Some commands need several before it can be seen which of them are keys; of those that take a certain number,
-- servers from version 8 on say nothing if it is another.
local counts = {3, 2, 1, 0, 4, 5}
local function check(command)
  if command == 'xread' then return pcall(redis.acl_check_cmd, 'xread', 'streams', ARGV[1], '0') end
  for _, count in ipairs(counts) do
    local words = {}
    for word in string.gmatch(command, '[^|]+') do words[#words + 1] = word end
    for _ = 1, count do words[#words + 1] = ARGV[1] end
    local is_known, is_allowed = pcall(redis.acl_check_cmd, unpack(words))
    if is_known then return true, is_allowed end
  end
  return false, false
end
local reply = {}
for i = 2, #ARGV do
  local is_known, is_allowed = check(ARGV[i])
  if not (is_known and is_allowed) then
    reply[#reply + 1] = ARGV[i]
    reply[#reply + 1] = is_known and 1 or 0
  end
end
return reply
