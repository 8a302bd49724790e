-- Clears the event.  O(1)
-- flags: allow-oom
-- KEYS h
redis.call('HSET', KEYS[1], 'set', '0')
return 1
