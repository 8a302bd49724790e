-- Ends the hold of whoever has it: of a holder that lives, or else of one whose lease has run out, so that nobody is told.  O(1)
-- flags: allow-oom
-- recorded
-- KEYS h woken   ARGV 1: of one that lives, 0: of one whose lease has run out
-- reply: 1 if there was such a hold
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local ends = redis.call('HGET', KEYS[1], 'end')
if not ends or (tonumber(ends) > now) ~= (ARGV[1] == '1') then return 0 end
redis.call('HDEL', KEYS[1], 'hold', 'end', 'since', 'pid', 'host')
if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('LPUSH', KEYS[2], 1) end
return 1
