-- Puts tasks into the pool, for hosts that run one code.  O(n log N)
-- recorded
-- without header
-- KEYS h, tasks, ready, wake, codes, clients   ARGV client, code, batch, (priority, task)...
-- reply: the number of the first; the others follow
if not redis.call('ZSCORE', KEYS[6], ARGV[1]) then return redis.error_reply('ABSENT the client is not registered') end
local n = (#ARGV - 3) / 2
local first = redis.call('HINCRBY', KEYS[1], 'last', n) - n + 1
local tasks, ready = {}, {}
for i = 0, n - 1 do
  local id = string.format('%s-%016d-%s', ARGV[4 + 2 * i], first + i, ARGV[3])
  tasks[2 * i + 1], tasks[2 * i + 2] = id, ARGV[5 + 2 * i]
  ready[2 * i + 1], ready[2 * i + 2] = 0, id
end
redis.call('HSET', KEYS[2], unpack(tasks))
redis.call('ZADD', KEYS[3], unpack(ready))
redis.call('ZADD', KEYS[5], first, ARGV[2])
redis.call('HINCRBY', KEYS[1], 'puts', n)
if redis.call('EXISTS', KEYS[4]) == 0 then redis.call('LPUSH', KEYS[4], 1) end
return first
