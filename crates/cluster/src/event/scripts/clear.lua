-- Clears the event.  O(1)
-- flags: allow-oom
-- recorded
-- confirmed
-- KEYS h
redis.call('HSET', KEYS[1], 'set', '0')
return 1
