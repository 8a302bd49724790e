-- The number.  O(1)
-- KEYS h number
-- reply: the number, or nothing
return redis.call('GET', KEYS[2])
