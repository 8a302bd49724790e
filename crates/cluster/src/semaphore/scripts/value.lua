-- How many permits are free.  O(log N)
-- flags: allow-oom
-- KEYS h taken
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local permits, extra = unpack(redis.call('HMGET', KEYS[1], 'permits', 'extra'))
return permits + (extra or 0) - redis.call('ZCOUNT', KEYS[2], '(' .. now, '+inf')
