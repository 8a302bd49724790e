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
local reply, n, bytes, is_enough = {'got', 0}, 0, 0, false
-- In portions, so that not much is read in vain if the messages are large.
for first = 1, #ids, 32 do
  local messages = redis.call('HMGET', KEYS[3], unpack(ids, first, math.min(first + 31, #ids)))
  for i, message in ipairs(messages) do
    bytes = bytes + #message
    is_enough = n > 0 and bytes > tonumber(ARGV[2])
    if is_enough then break end
    n = n + 1
    reply[n + 2] = message
  end
  if is_enough then break end
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
