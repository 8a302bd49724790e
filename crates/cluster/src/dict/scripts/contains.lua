-- Whether there is an entry.  O(1)
-- flags: allow-oom
-- KEYS h entries   ARGV key
return redis.call('HEXISTS', KEYS[2], ARGV[1])
