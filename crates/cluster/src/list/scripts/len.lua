-- How many elements there are.  O(1)
-- flags: allow-oom
-- KEYS h elements
return redis.call('LLEN', KEYS[2])
