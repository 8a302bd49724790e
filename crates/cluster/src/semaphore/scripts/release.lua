-- Releases so many permits, all or none: loose ones of the caller, then (unless permits are attributed) the oldest loose ones of others,
-- then (if the semaphore is plain) new ones.  O((n + own) log N)
-- flags: allow-oom
-- recorded
-- KEYS h taken loose woken   ARGV n, loose permits of the caller...
-- reply: 1, and those of the caller's that it has no longer; or 'often', 'not held', 'many' if that is not allowed
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
for _, ended in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 1000)) do
  redis.call('ZREM', KEYS[2], ended)
  redis.call('ZREM', KEYS[3], ended)
end
local rule, permits, extra = unpack(redis.call('HMGET', KEYS[1], 'rule', 'permits', 'extra'))
local n = tonumber(ARGV[1])
local own, gone = {}, {1}
for i = 2, #ARGV do
  if not redis.call('ZSCORE', KEYS[3], ARGV[i]) then
    gone[#gone + 1] = ARGV[i]
  elseif #own < n then
    own[#own + 1] = ARGV[i]
    gone[#gone + 1] = ARGV[i]
  end
end
local new = n - redis.call('ZCARD', KEYS[3])
if rule == 'attributed' and #own < n then return 'not held' end
if rule == 'bounded' and new > 0 then return 'often' end
if rule == 'plain' and new > 0 and permits + (extra or 0) + new > 4294967295 then return 'many' end
for _, permit in ipairs(own) do
  redis.call('ZREM', KEYS[2], permit)
  redis.call('ZREM', KEYS[3], permit)
end
for _ = #own + 1, n - math.max(new, 0) do
  redis.call('ZREM', KEYS[2], redis.call('ZPOPMIN', KEYS[3])[1])
end
if new > 0 then redis.call('HINCRBY', KEYS[1], 'extra', new) end
if n > 0 and redis.call('EXISTS', KEYS[4]) == 0 then redis.call('LPUSH', KEYS[4], 1) end
return gone
