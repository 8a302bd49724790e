-- Puts a task that was given up into the pool once more, to be carried out even if nobody waits for it.  O(log N)
-- recorded
-- without header
-- KEYS h, tasks, ready, wake, codes, dead   ARGV entry among the dead, code, batch
-- reply: 1, or 0 if there is no such entry
local entry = redis.call('XRANGE', KEYS[6], ARGV[1], ARGV[1])[1]
if not entry then return 0 end
local fields = {}
for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
local number = redis.call('HINCRBY', KEYS[1], 'last', 1)
-- As urgent as it was.
local id = string.format('%s-%016d-%s', string.sub(fields.id, 1, 10), number, ARGV[3])
redis.call('HSET', KEYS[2], id, 'k' .. string.sub(fields.task, 2))
redis.call('ZADD', KEYS[3], 0, id)
redis.call('ZADD', KEYS[5], number, ARGV[2])
redis.call('XDEL', KEYS[6], ARGV[1])
redis.call('HINCRBY', KEYS[1], 'puts', 1)
if redis.call('EXISTS', KEYS[4]) == 0 then redis.call('LPUSH', KEYS[4], 1) end
return 1
