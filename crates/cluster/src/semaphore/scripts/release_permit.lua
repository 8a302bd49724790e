-- Gives back one permit by its name, whether or not its lease has run out, unless it has been given back already.  O(log N)
-- flags: allow-oom
-- recorded
-- KEYS h taken loose woken   ARGV permit
-- reply: 1, or 0 if it was not taken any more
if redis.call('ZREM', KEYS[2], ARGV[1]) == 0 then return 0 end
redis.call('ZREM', KEYS[3], ARGV[1])
if redis.call('EXISTS', KEYS[4]) == 0 then redis.call('LPUSH', KEYS[4], 1) end
return 1
