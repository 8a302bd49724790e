-- Tells the client of a task that a host holds how it gets on.  O(1)
-- recorded
-- flags: allow-oom
-- without header
-- KEYS lease, clients, replies   ARGV id, client, the client's number, notice, how long replies are kept in ms
-- reply: 1 if the host still holds it
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
if redis.call('ZSCORE', KEYS[2], ARGV[2]) then
  redis.call('XADD', KEYS[3], '*', 'n', ARGV[3], 'b', ARGV[4])
  redis.call('PEXPIRE', KEYS[3], ARGV[5])
end
return 1
