-- Adds to a whole number, unless the sum is out of range.  O(1)
-- recorded
-- confirmed
-- KEYS h value   ARGV difference, least sum allowed, greatest one ('': that of 64 bits with a sign)
-- reply: the former number, or nil if nothing was changed
local former = redis.call('GET', KEYS[2])
if not former then return redis.error_reply('GONE its value does not exist') end
-- The server adds exactly; what a script gets of the sum is exact only up to 2^53, and used for comparison alone.
local sum = redis.pcall('INCRBY', KEYS[2], ARGV[1])
if type(sum) == 'table' then return false end
local least, greatest = tonumber(ARGV[2]), tonumber(ARGV[3])
if (least and sum < least) or (greatest and sum > greatest) then
  redis.call('SET', KEYS[2], former)
  return false
end
return former
