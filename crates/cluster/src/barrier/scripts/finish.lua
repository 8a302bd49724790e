-- Ends a phase: the last one has acted, or somebody gives up. (What stands in `phase.lua` follows.)  O(N)
-- flags: allow-oom
-- recorded
-- KEYS h waiting signals broken   ARGV 'release' or 'give up', phase, waiter
-- reply: 'released' or 'broken' if that has become of the phase, 'ended' if this call has broken it
local function act(barrier)
  local phase = tonumber(ARGV[2])
  if phase ~= barrier.phase or barrier.broken then return barrier.end_of(phase) end
  if ARGV[1] == 'give up' then
    barrier.break_phase()
    return 'ended'
  end
  if barrier.actor ~= ARGV[3] then return 'broken' end
  barrier.end_phase()
  return 'released'
end
