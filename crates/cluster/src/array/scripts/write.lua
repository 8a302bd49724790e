-- Replaces bytes.  O(n)
-- recorded
-- confirmed
-- KEYS h elements   ARGV bytes of all elements, first byte, bytes
if redis.call('STRLEN', KEYS[2]) ~= tonumber(ARGV[1]) then return redis.error_reply('GONE its elements do not exist') end
redis.call('SETRANGE', KEYS[2], ARGV[2], ARGV[3])
return 1
