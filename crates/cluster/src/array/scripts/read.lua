-- Reads bytes.  O(n)
-- flags: allow-oom
-- KEYS h elements   ARGV bytes of all elements, first byte, last byte
if redis.call('STRLEN', KEYS[2]) ~= tonumber(ARGV[1]) then return redis.error_reply('GONE its elements do not exist') end
return redis.call('GETRANGE', KEYS[2], ARGV[2], ARGV[3])
