-- Shows messages that are ready, and leaves them there.  O(n), and the position
-- flags: allow-oom
-- KEYS h ready messages deliveries   ARGV position, how many, bytes of all but the first
-- reply: (deliveries so far, message)...
local reply, bytes = {}, 0
for i, id in ipairs(redis.call('LRANGE', KEYS[2], ARGV[1], ARGV[1] + ARGV[2] - 1)) do
  local message = redis.call('HGET', KEYS[3], id)
  bytes = bytes + #message
  if i > 1 and bytes > tonumber(ARGV[3]) then break end
  reply[2 * i - 1], reply[2 * i] = redis.call('HGET', KEYS[4], id) or 0, message
end
return reply
