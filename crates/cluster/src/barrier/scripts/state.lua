-- Whether the barrier is broken, and how many wait.  O(log N)
-- flags: allow-oom
-- KEYS h waiting
-- reply: 1 or 0, count
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local broken, actor = unpack(redis.call('HMGET', KEYS[1], 'broken', 'actor'))
if redis.call('ZCOUNT', KEYS[2], '-inf', now) > 0 then return {1, 0} end
return {broken == '1' and 1 or 0, redis.call('ZCARD', KEYS[2]) - (actor and 1 or 0)}
