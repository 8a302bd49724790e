-- Who holds the lock.  O(1)
-- flags: allow-oom
-- KEYS h
-- reply: hold, pid, host, for how many ms already; or nothing
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local hold, ends, pid, host, since = unpack(redis.call('HMGET', KEYS[1], 'hold', 'end', 'pid', 'host', 'since'))
if not hold or tonumber(ends) <= now then return {} end
return {hold, pid, host, math.max(now - since, 0)}
