-- Sends a signal to a process that waits to be begun, or that a host holds; 0 has its host tell again that it has begun.  O(log N)
-- recorded
-- flags: allow-oom
-- without header
-- KEYS h, tasks, ready, attempts, cancellations   ARGV id, signal
-- reply: 2 if no host had begun it, and now none will; 1 if its host hears of it; 0 if it has ended, or there is nothing to do
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 then return 0 end
if not redis.call('ZSCORE', KEYS[3], ARGV[1]) then
  redis.call('XADD', KEYS[5], 'MAXLEN', '~', 10000, '*', 'to', ARGV[1], 'signal', ARGV[2])
  return 1
end
-- One that waits although an attempt has failed had begun, and was lost with its host: that is how it has ended.
if ARGV[2] == '0' or redis.call('HEXISTS', KEYS[4], ARGV[1]) == 1 then return 0 end
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HINCRBY', KEYS[1], 'cancelled', 1)
return 2
