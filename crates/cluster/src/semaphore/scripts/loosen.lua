-- Has anybody be able to release a permit. Twice is the same as once.  O(log N)
-- flags: allow-oom
-- KEYS h taken loose   ARGV permit
-- reply: 1, or 0 if it was not taken any more
if not redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
local t = redis.call('TIME')
redis.call('ZADD', KEYS[3], 'NX', t[1] * 1000000 + t[2], ARGV[1])
return 1
