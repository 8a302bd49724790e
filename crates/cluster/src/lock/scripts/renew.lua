-- Moves on the end of a hold's lease, also if it has run out and nobody has taken the lock since.  O(1)
-- flags: allow-oom
-- KEYS h   ARGV hold, lease in ms
-- reply: 1, or 0 if the hold is over
if redis.call('HGET', KEYS[1], 'hold') ~= ARGV[1] then return 0 end
local t = redis.call('TIME')
redis.call('HSET', KEYS[1], 'end', t[1] * 1000 + math.floor(t[2] / 1000) + ARGV[2])
return 1
