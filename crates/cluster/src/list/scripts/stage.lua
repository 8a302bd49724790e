-- Adds elements to what one process writes aside. Doing it twice is the same as once.  O(n)
-- KEYS h staged   ARGV life in ms, how many must be there before, element...
-- reply: how many are there
if redis.call('LLEN', KEYS[2]) == tonumber(ARGV[2]) then
  for i = 3, #ARGV, 500 do
    redis.call('RPUSH', KEYS[2], unpack(ARGV, i, math.min(i + 499, #ARGV)))
  end
end
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return redis.call('LLEN', KEYS[2])
