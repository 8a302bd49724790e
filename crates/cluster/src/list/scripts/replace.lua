-- Replaces all elements, if the list is still that version, by those written aside and some more.  O(n)
-- recorded
-- confirmed
-- KEYS h elements staged   ARGV version, version that the list must have, how many are written aside, element...
-- reply: 1; 0 if it is another version; -1 if what was written aside is gone
if (redis.call('HGET', KEYS[1], 'ver') or '-') ~= ARGV[2] then
  redis.call('UNLINK', KEYS[3])
  return 0
end
if redis.call('LLEN', KEYS[3]) ~= tonumber(ARGV[3]) then return -1 end
for i = 4, #ARGV, 500 do
  redis.call('RPUSH', KEYS[3], unpack(ARGV, i, math.min(i + 499, #ARGV)))
end
redis.call('UNLINK', KEYS[2])
if redis.call('EXISTS', KEYS[3]) == 1 then
  redis.call('RENAME', KEYS[3], KEYS[2])
  redis.call('PERSIST', KEYS[2])
end
redis.call('HSET', KEYS[1], 'ver', ARGV[1])
return 1
