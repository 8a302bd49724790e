-- Takes a permit, if one is free.  O(log N)
-- flags: allow-oom
-- recorded
-- KEYS h taken loose woken   ARGV permit, lease in ms, 1 if it is loose at once
-- reply: 1, or 0 if none is free
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
for _, ended in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 1000)) do
  redis.call('ZREM', KEYS[2], ended)
  redis.call('ZREM', KEYS[3], ended)
end
local permits, extra = unpack(redis.call('HMGET', KEYS[1], 'permits', 'extra'))
local free = permits + (extra or 0) - redis.call('ZCARD', KEYS[2])
if free <= 0 then return 0 end
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1])
if ARGV[3] == '1' then redis.call('ZADD', KEYS[3], t[1] * 1000000 + t[2], ARGV[1]) end
if free > 1 and redis.call('EXISTS', KEYS[4]) == 0 then redis.call('LPUSH', KEYS[4], 1) end
return 1
