-- Ends a lease that has run out, or that its process gives up; a portion of its messages at a time.  O(n log n)
-- flags: allow-oom
-- KEYS h ready messages deliveries leases work signals dead its-lease   ARGV lease, whether its process gives it up, portion
-- reply: how many messages it still has, how many of this portion were lost, how many are ready again
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local ends = redis.call('ZSCORE', KEYS[5], ARGV[1])
-- It was renewed after all.
if ends and tonumber(ends) > now and ARGV[2] ~= '1' then return {0, 0, 0} end
local on_lost, most = unpack(redis.call('HMGET', KEYS[1], 'on_lost', 'max_deliveries'))
local ids, back, lost = redis.call('HRANDFIELD', KEYS[9], ARGV[3]), {}, 0
table.sort(ids)
for _, id in ipairs(ids) do
  local deliveries = redis.call('HGET', KEYS[9], id)
  redis.call('HDEL', KEYS[9], id)
  if on_lost == 'redeliver' and tonumber(deliveries) < tonumber(most) then
    redis.call('HSET', KEYS[4], id, deliveries)
    back[#back + 1] = id
  else
    if on_lost ~= 'ignore' then
      local message = redis.call('HGET', KEYS[3], id)
      redis.call('XADD', KEYS[8], 'MAXLEN', 1000, '*', 'deliveries', deliveries, 'lease', ARGV[1], 'message', message)
    end
    lost = lost + 1
    redis.call('HDEL', KEYS[3], id)
    redis.call('HDEL', KEYS[4], id)
  end
end
if #back > 0 then
  redis.call('HINCRBY', KEYS[1], 'redelivered', #back)
  -- Into the front by their numbers, as in `give_back`: what stands before the greatest of them moves with them.
  local greatest, first = back[#back], redis.call('LINDEX', KEYS[2], 0)
  while first and first < greatest do
    back[#back + 1] = redis.call('LPOP', KEYS[2])
    first = redis.call('LINDEX', KEYS[2], 0)
  end
  table.sort(back, function(one, other) return one > other end)
  for _, id in ipairs(back) do redis.call('LPUSH', KEYS[2], id) end
  if redis.call('EXISTS', KEYS[6]) == 0 then redis.call('LPUSH', KEYS[6], 1) end
end
local left = redis.call('HLEN', KEYS[9])
if left == 0 then redis.call('ZREM', KEYS[5], ARGV[1]) end
if lost > 0 and on_lost == 'ignore' then redis.call('HINCRBY', KEYS[1], 'dones', lost)
elseif lost > 0 then
  redis.call('HINCRBY', KEYS[1], 'lost', lost)
  redis.call('HSET', KEYS[1], 'lost_by', ARGV[1])
end
if lost > 0 then redis.call('XADD', KEYS[7], 'MAXLEN', 1, '*', 'lost', lost) end
return {left, on_lost == 'ignore' and 0 or lost, #ids - lost}
