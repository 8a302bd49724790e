-- Whether the event is set; and the last signal, behind which whoever wants to be woken waits.  O(1)
-- flags: allow-oom
-- KEYS h signals
-- reply: 1 or 0, id of the last signal
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)
return {redis.call('HGET', KEYS[1], 'set') == '1' and 1 or 0, last[1] and last[1][1] or '0-0'}
