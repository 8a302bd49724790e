-- Notifies so many of those in line, the first ones first. (What stands in `line.lua` follows.)  O(n log N)
-- flags: allow-oom
-- recorded
-- KEYS h line ends notified lanes...   ARGV n, the largest ticket that is meant, or '' if that is the last one given
-- reply: how many there were, that ticket
local function act(notify)
  local upto = ARGV[2] ~= '' and tonumber(ARGV[2]) or tonumber(redis.call('HGET', KEYS[1], 'ticket') or '0')
  local count = 0
  while count < tonumber(ARGV[1]) and notify(upto) do count = count + 1 end
  return {count, upto}
end
