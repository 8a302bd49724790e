-- Adds to a number, unless it is told to refuse.  O(1)
-- recorded
-- confirmed
-- KEYS h number switch   ARGV what to add
-- reply: the new number
if redis.call('EXISTS', KEYS[3]) == 1 then return redis.error_reply('CLOSED nothing can be added') end
return redis.call('INCRBY', KEYS[2], ARGV[1])
