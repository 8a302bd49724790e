local t = redis.call('TIME')
local found = redis.call('HMGET', KEYS[1], 'parties', 'phase', 'broken', 'actor', 'forgotten')
local barrier = {
  now = t[1] * 1000 + math.floor(t[2] / 1000),
  parties = tonumber(found[1]),
  phase = tonumber(found[2] or '0'),
  broken = found[3] == '1',
  actor = found[4],
}
function barrier.signal()
  local last = redis.call('XREVRANGE', KEYS[3], '+', '-', 'COUNT', 1)
  return last[1] and last[1][1] or '0-0'
end
-- Whoever waits goes on.
function barrier.end_phase()
  redis.call('UNLINK', KEYS[2])
  redis.call('HDEL', KEYS[1], 'actor')
  redis.call('HSET', KEYS[1], 'phase', barrier.phase + 1)
  redis.call('XADD', KEYS[3], 'MAXLEN', 1, '*', 'phase', barrier.phase)
end
-- Whoever waits is sent away. Which phases broke is known for the last 64 of them; older ones are taken for broken.
function barrier.break_phase()
  redis.call('ZADD', KEYS[4], barrier.phase, barrier.phase)
  for _, phase in ipairs(redis.call('ZRANGE', KEYS[4], 0, -65)) do
    redis.call('HSET', KEYS[1], 'forgotten', phase)
    redis.call('ZREM', KEYS[4], phase)
  end
  barrier.end_phase()
  redis.call('HSET', KEYS[1], 'broken', '1')
  barrier.broken = true
end
function barrier.end_of(phase)
  local is_known = phase < barrier.phase and phase > tonumber(found[5] or '-1')
  return is_known and not redis.call('ZSCORE', KEYS[4], phase) and 'released' or 'broken'
end
-- Whoever waits, or acts, and was not heard from for too long will never go on, and never let the others.
if redis.call('ZCOUNT', KEYS[2], '-inf', barrier.now) > 0 then
  barrier.break_phase()
  barrier.phase = barrier.phase + 1
end
return act(barrier)
