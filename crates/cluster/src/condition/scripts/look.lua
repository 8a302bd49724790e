-- Whether a waiter is notified. (What stands in `line.lua` follows.)  O(log N)
-- flags: allow-oom
-- KEYS h line ends notified lanes...   ARGV waiter, ticket
-- reply: 1 if it is, or if its lease has run out, so that others may have been notified in its place; or 0, id of the last signal of its lane
local function act()
  if redis.call('ZSCORE', KEYS[4], ARGV[1]) or not redis.call('ZSCORE', KEYS[3], ARGV[1]) then return {1} end
  local last = redis.call('XREVRANGE', KEYS[5 + ARGV[2] % 16], '+', '-', 'COUNT', 1)
  return {0, last[1] and last[1][1] or '0-0'}
end
