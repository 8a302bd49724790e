-- Makes elements equal.  O(n)
-- recorded
-- confirmed
-- KEYS h elements   ARGV bytes of all elements, first byte, how many bytes, element
if redis.call('STRLEN', KEYS[2]) ~= tonumber(ARGV[1]) then return redis.error_reply('GONE its elements do not exist') end
local first, bytes, element = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local many = string.rep(element, math.max(1, math.floor(math.min(bytes, 65536) / #element)))
for at = 0, bytes - 1, #many do
  redis.call('SETRANGE', KEYS[2], first + at, string.sub(many, 1, bytes - at))
end
return 1
