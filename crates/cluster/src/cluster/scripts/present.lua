-- Moves on the time until which objects without a name live.  O(n log N)
-- flags: allow-oom
-- without header
-- KEYS census   ARGV linger in ms, entry...
-- reply: up to 8 entries whose time is over
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
for i = 2, #ARGV do
  redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[i])
end
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 8)
