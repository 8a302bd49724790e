-- Replaces one element if it is, to the bit, as expected.  O(1)
-- recorded
-- confirmed
-- KEYS h elements   ARGV bytes of all elements, first byte, expected element, new element
-- reply: 1 or 0, former or present element
if redis.call('STRLEN', KEYS[2]) ~= tonumber(ARGV[1]) then return redis.error_reply('GONE its elements do not exist') end
local found = redis.call('GETRANGE', KEYS[2], ARGV[2], ARGV[2] + #ARGV[3] - 1)
if found ~= ARGV[3] then return {0, found} end
redis.call('SETRANGE', KEYS[2], ARGV[2], ARGV[4])
return {1, found}
