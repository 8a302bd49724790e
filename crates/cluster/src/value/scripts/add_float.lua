-- Adds to a floating-point number.  O(1)
-- recorded
-- confirmed
-- KEYS h value   ARGV difference, bytes of the number's type
-- reply: the former number
local former = redis.call('GET', KEYS[2])
if not former then return redis.error_reply('GONE its value does not exist') end
local sum = tonumber(former) + tonumber(ARGV[1])
if ARGV[2] == '4' then sum = struct.unpack('<f', struct.pack('<f', sum)) end
redis.call('SET', KEYS[2], string.format('%.17g', sum))
return former
