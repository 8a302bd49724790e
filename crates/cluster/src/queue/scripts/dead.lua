-- Shows dead letters, the oldest first.  O(n)
-- flags: allow-oom
-- KEYS h dead   ARGV from which on, how many, bytes of all but the first
-- reply: (id, deliveries, lease, message)...
local reply, bytes = {}, 0
for i, letter in ipairs(redis.call('XRANGE', KEYS[2], ARGV[1], '+', 'COUNT', ARGV[2])) do
  local fields = letter[2]
  bytes = bytes + #fields[6]
  if i > 1 and bytes > tonumber(ARGV[3]) then break end
  for _, part in ipairs({letter[1], fields[2], fields[4], fields[6]}) do reply[#reply + 1] = part end
end
return reply
