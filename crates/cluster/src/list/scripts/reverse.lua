-- Reverses the order of all elements.  O(n)
-- recorded
-- confirmed
-- KEYS h elements aside   ARGV version
local left = redis.call('LLEN', KEYS[2])
if left > 0 then
  while left > 0 do
    local batch = redis.call('RPOP', KEYS[2], math.min(left, 500))
    redis.call('RPUSH', KEYS[3], unpack(batch))
    left = left - #batch
  end
  redis.call('RENAME', KEYS[3], KEYS[2])
end
redis.call('HSET', KEYS[1], 'ver', ARGV[1])
return 1
