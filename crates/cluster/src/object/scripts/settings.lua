-- How an object was made.  O(n)
-- flags: allow-oom
-- KEYS h   ARGV names of settings
-- reply: their values
return redis.call('HMGET', KEYS[1], unpack(ARGV))
