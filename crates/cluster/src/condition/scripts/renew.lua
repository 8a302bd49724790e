-- Moves on the end of a waiter's lease, also if it has run out and nobody has noticed.  O(log N)
-- flags: allow-oom
-- KEYS h ends   ARGV waiter, lease in ms
-- reply: 1, or 0 if it waits no more
if not redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
local t = redis.call('TIME')
redis.call('ZADD', KEYS[2], t[1] * 1000 + math.floor(t[2] / 1000) + ARGV[2], ARGV[1])
return 1
