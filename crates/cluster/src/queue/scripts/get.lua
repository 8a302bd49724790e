-- Takes messages out of a plain queue, and forgets them.  O(n)
-- flags: allow-oom
-- recorded
-- KEYS h ready messages work room   ARGV how many, bytes of all but the first
-- reply: 'got', how many are still ready, message...; or 'empty'; or 'closed', if nothing will come any more
local ids = redis.call('LRANGE', KEYS[2], 0, ARGV[1] - 1)
if #ids == 0 then
  if not redis.call('HGET', KEYS[1], 'closed') then return {'empty'} end
  -- Whoever else waits for work is to learn of it, too.
  if redis.call('EXISTS', KEYS[4]) == 0 then redis.call('LPUSH', KEYS[4], 1) end
  return {'closed'}
end
local reply, n, bytes = {'got', 0}, 0, 0
for i, id in ipairs(ids) do
  local message = redis.call('HGET', KEYS[3], id)
  bytes = bytes + #message
  if i > 1 and bytes > tonumber(ARGV[2]) then break end
  n, reply[i + 2] = i, message
end
redis.call('LPOP', KEYS[2], n)
redis.call('HDEL', KEYS[3], unpack(ids, 1, n))
redis.call('HINCRBY', KEYS[1], 'gots', n)
local left = redis.call('LLEN', KEYS[2])
reply[2] = left
if left == 0 then redis.call('DEL', KEYS[4])
elseif redis.call('EXISTS', KEYS[4]) == 0 then redis.call('LPUSH', KEYS[4], 1) end
if left < tonumber(redis.call('HGET', KEYS[1], 'maxsize')) and redis.call('EXISTS', KEYS[5]) == 0 then
  redis.call('LPUSH', KEYS[5], 1)
end
return reply
