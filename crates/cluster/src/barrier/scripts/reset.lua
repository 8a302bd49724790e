-- Breaks the barrier, for good or so that it is as good as new. (What stands in `phase.lua` follows.)  O(N)
-- flags: allow-oom
-- recorded
-- KEYS h waiting signals broken   ARGV 'abort' or 'reset'
local function act(barrier)
  local is_used = redis.call('EXISTS', KEYS[2]) == 1
  if not barrier.broken and (is_used or ARGV[1] == 'abort') then barrier.break_phase() end
  if ARGV[1] == 'reset' then redis.call('HDEL', KEYS[1], 'broken') end
  return 1
end
