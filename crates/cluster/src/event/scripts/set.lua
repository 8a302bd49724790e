-- Sets the event and wakes all who wait for it. Setting one that is set is nothing.  O(1)
-- recorded
-- confirmed
-- KEYS h signals
if redis.call('HGET', KEYS[1], 'set') == '1' then return 1 end
redis.call('HSET', KEYS[1], 'set', '1')
redis.call('HINCRBY', KEYS[1], 'times', 1)
redis.call('XADD', KEYS[2], 'MAXLEN', 1, '*', 'set', '1')
return 1
