-- Gets out of line. (What stands in `line.lua` follows.)  O(log N)
-- flags: allow-oom
-- recorded
-- KEYS h line ends notified lanes...   ARGV waiter
-- reply: 1 if it was notified before, as in `look.lua`; or 0
local function act()
  if redis.call('ZSCORE', KEYS[4], ARGV[1]) or not redis.call('ZSCORE', KEYS[3], ARGV[1]) then return 1 end
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('ZREM', KEYS[3], ARGV[1])
  return 0
end
