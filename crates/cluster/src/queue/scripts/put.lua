-- Puts messages at the end, as many as there is room for.  O(n)
-- recorded
-- confirmed
-- KEYS h ready messages work room   ARGV message...
-- reply: how many were put; 0 if the queue is full, -1 if it is closed
local closed, most = unpack(redis.call('HMGET', KEYS[1], 'closed', 'maxsize'))
if closed then
  -- Whoever else waits for room is to learn of it, too.
  if redis.call('EXISTS', KEYS[5]) == 0 then redis.call('LPUSH', KEYS[5], 1) end
  return -1
end
local n, room = #ARGV, nil
if tonumber(most) > 0 then
  room = tonumber(most) - redis.call('LLEN', KEYS[2])
  n = math.min(n, room)
  if n >= room then redis.call('DEL', KEYS[5]) end
  if n <= 0 then return 0 end
end
local last = redis.call('HINCRBY', KEYS[1], 'puts', n)
local messages, ids = {}, {}
for i = 1, n do
  ids[i] = string.format('%016d-%s', last - n + i, nonce)
  messages[2 * i - 1], messages[2 * i] = ids[i], ARGV[i]
end
redis.call('HSET', KEYS[3], unpack(messages))
redis.call('RPUSH', KEYS[2], unpack(ids))
if redis.call('EXISTS', KEYS[4]) == 0 then redis.call('LPUSH', KEYS[4], 1) end
if room and n < room and redis.call('EXISTS', KEYS[5]) == 0 then redis.call('LPUSH', KEYS[5], 1) end
return n
