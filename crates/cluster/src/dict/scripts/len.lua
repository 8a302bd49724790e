-- How many entries there are.  O(1)
-- flags: allow-oom
-- KEYS h entries
return redis.call('HLEN', KEYS[2])
