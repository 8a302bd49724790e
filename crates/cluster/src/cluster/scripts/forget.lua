-- Removes the entry of an object that has been removed, unless somebody has just said that it is in use.  O(log N)
-- flags: allow-oom
-- without header
-- KEYS census   ARGV entry
-- reply: 1 if it was removed
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if score and tonumber(score) <= now then return redis.call('ZREM', KEYS[1], ARGV[1]) end
return 0
