-- Sets the event and wakes all who wait for it. Setting it twice is the same as once.  O(1)
-- KEYS h signals   ARGV -
if redis.call('HGET', KEYS[1], 'set') == '1' then return 1 end
redis.call('HSET', KEYS[1], 'set', '1')
redis.call('XADD', KEYS[2], 'MAXLEN', 1, '*', 'set', '1')
return 1
