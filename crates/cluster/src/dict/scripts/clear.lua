-- Removes all entries.  O(1), and more in the background
-- flags: allow-oom
-- recorded
-- confirmed
-- KEYS h entries order   ARGV version
redis.call('UNLINK', KEYS[2], KEYS[3])
redis.call('HSET', KEYS[1], 'ver', ARGV[1])
return 1
