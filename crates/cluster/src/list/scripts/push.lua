-- Adds elements at the end.  O(n)
-- recorded
-- confirmed
-- KEYS h elements   ARGV version, element...
for i = 2, #ARGV, 500 do
  redis.call('RPUSH', KEYS[2], unpack(ARGV, i, math.min(i + 499, #ARGV)))
end
redis.call('HSET', KEYS[1], 'ver', ARGV[1])
return 1
