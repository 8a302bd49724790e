-- Removes a host whose lease is over, or that takes its leave, and gives back what it holds.  O(k log N)
-- flags: allow-oom
-- without header
-- KEYS h, tasks, ready, wake, lease, attempts, hosts, descriptions   ARGV host, its name if its attempts count or nothing if it takes its leave
-- reply: how many tasks were given back
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local score = redis.call('ZSCORE', KEYS[7], ARGV[1])
-- It has come back, or another one has removed it.
if ARGV[2] ~= '' and (not score or tonumber(score) >= now) then return 0 end
redis.call('ZREM', KEYS[7], ARGV[1])
redis.call('HDEL', KEYS[8], ARGV[1])
local held, back = redis.call('HGETALL', KEYS[5]), 0
for i = 1, #held, 2 do
  local id = held[i]
  if redis.call('HEXISTS', KEYS[2], id) == 1 then
    if ARGV[2] ~= '' then redis.call('HSET', KEYS[6], id, held[i + 1] .. ' ' .. ARGV[2]) end
    redis.call('ZADD', KEYS[3], 0, id)
    back = back + 1
  end
end
redis.call('UNLINK', KEYS[5])
if back > 0 then
  redis.call('HINCRBY', KEYS[1], 'redelivered', back)
  if redis.call('EXISTS', KEYS[4]) == 0 then redis.call('LPUSH', KEYS[4], 1) end
end
return back
