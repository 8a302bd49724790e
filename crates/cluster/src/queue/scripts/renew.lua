-- Moves on the end of a lease that has not ended.  O(log N)
-- flags: allow-oom
-- KEYS h leases its-lease   ARGV lease, milliseconds
-- reply: 1, or 0 if it has ended; how many messages it has; lease that has run out...
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local lives = redis.call('ZSCORE', KEYS[2], ARGV[1]) and 1 or 0
if lives == 1 then redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1]) end
local reply = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 8)
table.insert(reply, 1, redis.call('HLEN', KEYS[3]))
table.insert(reply, 1, lives)
return reply
