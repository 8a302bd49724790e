-- Clears the event.  O(1)
-- flags: allow-oom
-- recorded
-- KEYS h
redis.call('HSET', KEYS[1], 'set', '0')
return 1
