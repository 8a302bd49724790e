-- What has become of a phase. (What stands in `phase.lua` follows.)  O(log N)
-- flags: allow-oom
-- KEYS h waiting signals broken   ARGV phase, waiter or ''
-- reply: 'released' or 'broken', or 'waits', last signal
local function act(barrier)
  local phase = tonumber(ARGV[1])
  if phase ~= barrier.phase or barrier.broken then return {barrier.end_of(phase)} end
  -- The server has lost its last moments, and the waiter with them.
  if ARGV[2] ~= '' and not redis.call('ZSCORE', KEYS[2], ARGV[2]) then
    barrier.break_phase()
    return {'broken'}
  end
  return {'waits', barrier.signal()}
end
