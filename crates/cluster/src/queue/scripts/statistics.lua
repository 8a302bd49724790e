-- Counts.  O(1)
-- flags: allow-oom
-- KEYS h ready messages leases dead
-- reply: ready, unfinished, leases, dead letters, puts, gots, dones, lost, redelivered, purged, late
local reply = {
  redis.call('LLEN', KEYS[2]), redis.call('HLEN', KEYS[3]), redis.call('ZCARD', KEYS[4]), redis.call('XLEN', KEYS[5]),
}
for _, count in ipairs(redis.call('HMGET', KEYS[1], 'puts', 'gots', 'dones', 'lost', 'redelivered', 'purged', 'late')) do
  reply[#reply + 1] = count or 0
end
return reply
