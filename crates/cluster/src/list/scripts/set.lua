-- Puts another element in the place of one.  O(n)
-- recorded
-- confirmed
-- KEYS h elements   ARGV version, place (less than 0: from the end), expectation, element
-- reply: 1; 0 if what is there is not as expected; -1 and the length if nothing is there
local found = redis.call('LINDEX', KEYS[2], ARGV[2])
if not found then return {-1, redis.call('LLEN', KEYS[2])} end
local kind, rest = string.sub(ARGV[3], 1, 1), string.sub(ARGV[3], 2)
if kind == '-' or (kind == '=' and string.sub(found, 1, 16) ~= rest)
  or (kind == '!' and string.sub(found, 17, 17) == rest) then return {0} end
redis.call('LSET', KEYS[2], ARGV[2], ARGV[4])
redis.call('HSET', KEYS[1], 'ver', ARGV[1])
return {1}
