-- Gives tasks back that a host holds, so that they are begun again, before those that came after them.  O(n log N)
-- flags: allow-oom
-- without header
-- KEYS h, tasks, ready, wake, lease, attempts   ARGV name of the host if the attempt counts or nothing, id...
-- reply: how many were given back
local back = 0
for i = 2, #ARGV do
  local id = ARGV[i]
  local attempt = redis.call('HGET', KEYS[5], id)
  redis.call('HDEL', KEYS[5], id)
  -- One that was cancelled meanwhile is no longer among the tasks.
  if attempt and redis.call('HEXISTS', KEYS[2], id) == 1 then
    if ARGV[1] ~= '' then redis.call('HSET', KEYS[6], id, attempt .. ' ' .. ARGV[1]) end
    redis.call('ZADD', KEYS[3], 0, id)
    back = back + 1
  end
end
if back > 0 then
  redis.call('HINCRBY', KEYS[1], 'redelivered', back)
  if redis.call('EXISTS', KEYS[4]) == 0 then redis.call('LPUSH', KEYS[4], 1) end
end
return back
