-- Gives the tasks that are to be begun next to a host, which holds them from now on. If the answer is lost, the host finds out by recount.  O(k log N)
-- flags: allow-oom
-- without header
-- KEYS h, tasks, ready, wake, lease, attempts, hosts, clients   ARGV host, count, bytes after which no more are added
-- reply: (id, attempt, who has failed it last or nothing, task)...
if not redis.call('ZSCORE', KEYS[7], ARGV[1]) then return redis.error_reply('ABSENT the host is not registered') end
local found, bytes, dropped = {}, 0, 0
while #found < 4 * ARGV[2] and bytes < tonumber(ARGV[3]) do
  local id = redis.call('ZPOPMIN', KEYS[3])[1]
  if not id then break end
  local task = redis.call('HGET', KEYS[2], id)
  if task and string.sub(task, 1, 1) == 'd' and not redis.call('ZSCORE', KEYS[8], string.sub(task, 2, 33)) then
    redis.call('HDEL', KEYS[2], id)
    redis.call('HDEL', KEYS[6], id)
    dropped = dropped + 1
    if dropped == 1000 then break end
  elseif task then
    local failed, host = string.match(redis.call('HGET', KEYS[6], id) or '0 ', '^(%d+) (.*)$')
    local attempt = failed + 1
    redis.call('HSET', KEYS[5], id, attempt)
    bytes = bytes + #task
    for _, part in ipairs({id, attempt, host, task}) do found[#found + 1] = part end
  end
end
if #found > 0 then redis.call('HINCRBY', KEYS[1], 'gots', #found / 4) end
if dropped > 0 then redis.call('HINCRBY', KEYS[1], 'dropped', dropped) end
if redis.call('EXISTS', KEYS[3]) == 1 and redis.call('EXISTS', KEYS[4]) == 0 then redis.call('LPUSH', KEYS[4], 1) end
return found
