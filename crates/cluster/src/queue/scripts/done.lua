-- Marks a message as done, which its process holds.  O(1)
-- flags: allow-oom
-- recorded
-- KEYS h messages deliveries leases signals its-lease   ARGV lease, id
-- reply: 1; 0 if the lease does not have the message, -1 if it has ended
if redis.call('HDEL', KEYS[6], ARGV[2]) == 0 then
  redis.call('HINCRBY', KEYS[1], 'late', 1)
  return redis.call('ZSCORE', KEYS[4], ARGV[1]) and 0 or -1
end
redis.call('HDEL', KEYS[2], ARGV[2])
redis.call('HDEL', KEYS[3], ARGV[2])
redis.call('HINCRBY', KEYS[1], 'dones', 1)
if redis.call('HLEN', KEYS[2]) == 0 then redis.call('XADD', KEYS[5], 'MAXLEN', 1, '*', 'unfinished', 0) end
return 1
