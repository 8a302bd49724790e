-- Gives messages of a joinable queue out to a process, which holds them until they are done, or its lease ends.  O(n)
-- flags: allow-oom
-- recorded
-- KEYS h ready messages work room deliveries leases its-lease
-- ARGV lease, milliseconds, whether it may be a new lease, how many, bytes of all but the first
-- reply: 'got', how many are still ready, (id, deliveries, message)...; or 'empty', lease that has run out...; or 'closed', likewise;
--        or 'lost', if the lease has ended
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local ids = redis.call('LRANGE', KEYS[2], 0, ARGV[4] - 1)
if #ids == 0 then
  local reply = redis.call('ZRANGEBYSCORE', KEYS[7], '-inf', now, 'LIMIT', 0, 8)
  if not redis.call('HGET', KEYS[1], 'closed') then
    table.insert(reply, 1, 'empty')
    return reply
  end
  -- Whoever else waits for work is to learn of it, too.
  if redis.call('EXISTS', KEYS[4]) == 0 then redis.call('LPUSH', KEYS[4], 1) end
  table.insert(reply, 1, 'closed')
  return reply
end
if ARGV[3] ~= '1' and not redis.call('ZSCORE', KEYS[7], ARGV[1]) then return {'lost'} end
redis.call('ZADD', KEYS[7], now + ARGV[2], ARGV[1])
local were_redelivered = redis.call('EXISTS', KEYS[6]) == 1
local reply, held, n, bytes, is_enough = {'got', 0}, {}, 0, 0, false
-- In portions, so that not much is read in vain if the messages are large.
for first = 1, #ids, 32 do
  local last = math.min(first + 31, #ids)
  local messages = redis.call('HMGET', KEYS[3], unpack(ids, first, last))
  local former = were_redelivered and redis.call('HMGET', KEYS[6], unpack(ids, first, last)) or {}
  for i, message in ipairs(messages) do
    bytes = bytes + #message
    is_enough = n > 0 and bytes > tonumber(ARGV[5])
    if is_enough then break end
    n = n + 1
    local deliveries = (former[i] or 0) + 1
    held[2 * n - 1], held[2 * n] = ids[n], deliveries
    reply[3 * n], reply[3 * n + 1], reply[3 * n + 2] = ids[n], deliveries, message
  end
  if is_enough then break end
end
redis.call('LPOP', KEYS[2], n)
redis.call('HSET', KEYS[8], unpack(held))
redis.call('HINCRBY', KEYS[1], 'gots', n)
local left = redis.call('LLEN', KEYS[2])
reply[2] = left
if left == 0 then redis.call('DEL', KEYS[4])
elseif redis.call('EXISTS', KEYS[4]) == 0 then redis.call('LPUSH', KEYS[4], 1) end
if left < tonumber(redis.call('HGET', KEYS[1], 'maxsize')) and redis.call('EXISTS', KEYS[5]) == 0 then
  redis.call('LPUSH', KEYS[5], 1)
end
return reply
