-- Whether the event is set, how often it became so, and the last signal, behind which whoever wants to be woken waits.  O(1)
-- flags: allow-oom
-- KEYS h signals
-- reply: 1 or 0, count, id of the last signal
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)
local set, times = unpack(redis.call('HMGET', KEYS[1], 'set', 'times'))
return {set == '1' and 1 or 0, times or '0', last[1] and last[1][1] or '0-0'}
