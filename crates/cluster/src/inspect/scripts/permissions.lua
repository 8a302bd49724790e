-- Says which commands the user may not use, or the server does not know. It carries out none of them.  O(n)
-- flags: allow-oom
-- without header
-- ARGV a key, command...
-- reply: (command, 1 if the server knows it)... of those that cannot be used
local reply = {}
for i = 2, #ARGV do
  local words = {}
  for word in string.gmatch(ARGV[i], '[^|]+') do words[#words + 1] = word end
  -- Some need several arguments before it can be seen which of them are keys.
  for _ = 1, 3 do words[#words + 1] = ARGV[1] end
  if ARGV[i] == 'xread' then words = {'xread', 'streams', ARGV[1], '0'} end
  local is_known, is_allowed = pcall(redis.acl_check_cmd, unpack(words))
  if not (is_known and is_allowed) then
    reply[#reply + 1] = ARGV[i]
    reply[#reply + 1] = is_known and 1 or 0
  end
end
return reply
