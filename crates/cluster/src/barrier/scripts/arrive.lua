-- Takes part in the present phase, or ends it. (What stands in `phase.lua` follows.)  O(log N), for the last one O(N)
-- flags: allow-oom
-- recorded
-- KEYS h waiting signals broken   ARGV waiter, lease in ms, 1 if the last one acts first, 1 if it is not to wait
-- reply: 'broken'; 'early', phase, 0, last signal; 'acts' or 'released' or 'waits', phase, index, last signal; 'would wait'
local function act(barrier)
  if barrier.broken then return {'broken'} end
  if barrier.actor then return {'early', barrier.phase, 0, barrier.signal()} end
  local index = redis.call('ZCARD', KEYS[2])
  local is_last = index + 1 >= barrier.parties
  if is_last and ARGV[3] == '1' then
    redis.call('HSET', KEYS[1], 'actor', ARGV[1])
    redis.call('ZADD', KEYS[2], barrier.now + ARGV[2], ARGV[1])
    return {'acts', barrier.phase, index, ''}
  end
  if is_last then
    barrier.end_phase()
    return {'released', barrier.phase, index, ''}
  end
  if ARGV[4] == '1' then return {'would wait'} end
  redis.call('ZADD', KEYS[2], barrier.now + ARGV[2], ARGV[1])
  return {'waits', barrier.phase, index, barrier.signal()}
end
