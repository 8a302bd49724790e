-- A notified waiter has the lock again. Twice is the same as once.  O(log N)
-- flags: allow-oom
-- KEYS h ends notified   ARGV waiter
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return 1
