-- Reads the value.  O(n)
-- flags: allow-oom
-- KEYS h value
return redis.call('GET', KEYS[2]) or redis.error_reply('GONE its value does not exist')
