-- Says that a host or a client is still there, and finds out which are not.  O(log N)
-- flags: allow-oom
-- without header
-- KEYS h, members, hosts, clients; of a host also its descriptions, of a client its replies
-- ARGV member, lease in ms, whether it enters, how long replies are kept in ms, description or nothing
-- reply: 1 if it is a member; hosts whose lease is over; clients whose lease is over
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local lease = tonumber(ARGV[2])
redis.call('HSETNX', KEYS[1], 'lay', '1')
-- If nobody was heard for a whole lease, it was the server that was away, or its clock has moved. All get another lease.
local heard = tonumber(redis.call('HGET', KEYS[1], 'heard') or now)
if now - heard > lease then redis.call('HSET', KEYS[1], 'grace', now + lease) end
redis.call('HSET', KEYS[1], 'heard', now)
local member = 0
if ARGV[3] == '1' or redis.call('ZSCORE', KEYS[2], ARGV[1]) then
  member = 1
  redis.call('ZADD', KEYS[2], now + lease, ARGV[1])
  if ARGV[5] ~= '' then
    redis.call('HSET', KEYS[5], ARGV[1], ARGV[5])
  else
    redis.call('PEXPIRE', KEYS[5], ARGV[4])
  end
end
if now < tonumber(redis.call('HGET', KEYS[1], 'grace') or '0') then return {member, {}, {}} end
return {
  member,
  redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', '(' .. now, 'LIMIT', 0, 8),
  redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', '(' .. now, 'LIMIT', 0, 8),
}
