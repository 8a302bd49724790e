-- Ends tasks that are not wanted any more.  O(n log N)
-- recorded
-- flags: allow-oom
-- without header
-- KEYS h, tasks, ready, attempts, cancellations   ARGV whether also those that a host holds, id...
-- reply: for each 1 if no host had begun it, else 0
local waiting = {}
for i = 2, #ARGV do
  local id = ARGV[i]
  local was_waiting = redis.call('ZREM', KEYS[3], id)
  if was_waiting == 1 or ARGV[1] == '1' then
    if redis.call('HDEL', KEYS[2], id) == 1 then
      redis.call('HDEL', KEYS[4], id)
      redis.call('HINCRBY', KEYS[1], 'cancelled', 1)
      -- Whoever holds it hears of it. It cannot come back any more, since it is no longer among the tasks.
      if was_waiting == 0 then redis.call('XADD', KEYS[5], 'MAXLEN', '~', 10000, '*', 'id', id) end
    end
  end
  waiting[i - 1] = was_waiting
end
return waiting
