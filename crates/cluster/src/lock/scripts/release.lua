-- Ends a hold, whether or not its lease has run out, unless somebody else holds the lock by now.  O(1)
-- flags: allow-oom
-- recorded
-- KEYS h woken   ARGV hold
-- reply: 1 if the hold was the present one
if redis.call('HGET', KEYS[1], 'hold') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'hold', 'end', 'since', 'pid', 'host')
if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('LPUSH', KEYS[2], 1) end
return 1
