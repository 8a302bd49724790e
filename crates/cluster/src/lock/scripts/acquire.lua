-- Takes the lock if nobody holds it, or if the lease of whoever does has run out.  O(1)
-- flags: allow-oom
-- recorded
-- wants a replica
-- KEYS h   ARGV hold, lease in ms, pid, host
-- reply: 1, fence, pid and host of the one whose lease had run out, or nothing; or 0, ms until the lease of the holder runs out
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local hold, ends, fence, pid, host = unpack(redis.call('HMGET', KEYS[1], 'hold', 'end', 'fence', 'pid', 'host'))
if hold and tonumber(ends) > now then return {0, tonumber(ends) - now} end
-- Rising also if the server that gave the last ones has died and its successor does not know of them.
fence = string.format('%.0f', math.max(tonumber(fence or '0') + 1, t[1] * 1000000 + t[2]))
redis.call('HSET', KEYS[1], 'hold', ARGV[1], 'end', now + ARGV[2], 'fence', fence, 'since', now, 'pid', ARGV[3], 'host', ARGV[4])
return {1, fence, hold and pid, hold and host}
