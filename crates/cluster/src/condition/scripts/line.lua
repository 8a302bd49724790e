local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
-- Notifies the first in line whose lease has not run out, if its ticket is not larger than that.
local function notify(upto)
  while true do
    local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
    if not first[1] or tonumber(first[2]) > upto then return false end
    redis.call('ZREM', KEYS[2], first[1])
    if tonumber(redis.call('ZSCORE', KEYS[3], first[1]) or '0') > now then
      redis.call('ZADD', KEYS[4], now, first[1])
      redis.call('XADD', KEYS[5 + first[2] % 16], 'MAXLEN', 1, '*', 'waiter', first[1])
      return true
    end
    redis.call('ZREM', KEYS[3], first[1])
  end
end
-- Whoever was notified and did not come back before its lease ran out: another one is notified in its place.
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 100)) do
  redis.call('ZREM', KEYS[3], gone)
  redis.call('ZREM', KEYS[2], gone)
  if redis.call('ZREM', KEYS[4], gone) == 1 then notify(math.huge) end
end
return act(notify)
