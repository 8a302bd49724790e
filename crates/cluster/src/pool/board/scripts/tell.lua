-- Tells the client of a task that a host holds how it gets on.  O(1)
-- recorded
-- flags: allow-oom
-- without header
-- KEYS lease, clients, replies   ARGV id, client, the client's number, notice, how long replies are kept in ms
-- reply: 1 if it is told; 0 if the host does not hold the task any more, -1 if the client is not there
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
if not redis.call('ZSCORE', KEYS[2], ARGV[2]) then return -1 end
redis.call('XADD', KEYS[3], '*', 'n', ARGV[3], 'b', ARGV[4])
redis.call('PEXPIRE', KEYS[3], ARGV[5])
return 1
