-- How the queue stands.  O(log N)
-- flags: allow-oom
-- KEYS h ready messages leases signals
-- reply: how many are ready, how many are unfinished, 1 if it is closed, how many were lost, by which lease last, id of the last signal,
--        lease that has run out...
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local closed, lost, lost_by = unpack(redis.call('HMGET', KEYS[1], 'closed', 'lost', 'lost_by'))
local last = redis.call('XREVRANGE', KEYS[5], '+', '-', 'COUNT', 1)
local reply = {
  redis.call('LLEN', KEYS[2]), redis.call('HLEN', KEYS[3]), closed and 1 or 0, lost or 0, lost_by or '', last[1] and last[1][1] or '0-0',
}
for _, lease in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', now, 'LIMIT', 0, 8)) do reply[#reply + 1] = lease end
return reply
