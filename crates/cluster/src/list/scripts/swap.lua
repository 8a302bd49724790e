-- Exchanges two elements.  O(n)
-- recorded
-- confirmed
-- KEYS h elements   ARGV version, place, place
-- reply: 1; or -1, the length, and which place has none
local one, other = redis.call('LINDEX', KEYS[2], ARGV[2]), redis.call('LINDEX', KEYS[2], ARGV[3])
if not one or not other then
  return {-1, redis.call('LLEN', KEYS[2]), one and ARGV[3] or ARGV[2]}
end
redis.call('LSET', KEYS[2], ARGV[2], other)
redis.call('LSET', KEYS[2], ARGV[3], one)
redis.call('HSET', KEYS[1], 'ver', ARGV[1])
return {1}
