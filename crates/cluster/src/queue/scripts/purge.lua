-- Throws away messages that are ready.  O(n)
-- flags: allow-oom
-- recorded
-- confirmed
-- KEYS h ready messages deliveries work room signals   ARGV how many
-- reply: how many it was
local ids = redis.call('LPOP', KEYS[2], ARGV[1])
if not ids then return 0 end
redis.call('HDEL', KEYS[3], unpack(ids))
redis.call('HDEL', KEYS[4], unpack(ids))
redis.call('HINCRBY', KEYS[1], 'purged', #ids)
local left = redis.call('LLEN', KEYS[2])
if left == 0 then redis.call('DEL', KEYS[5]) end
if left < tonumber(redis.call('HGET', KEYS[1], 'maxsize')) and redis.call('EXISTS', KEYS[6]) == 0 then
  redis.call('LPUSH', KEYS[6], 1)
end
if redis.call('HLEN', KEYS[3]) == 0 then redis.call('XADD', KEYS[7], 'MAXLEN', 1, '*', 'unfinished', 0) end
return #ids
