-- Finds out which tasks are neither waiting nor held by a host.  O(n)
-- flags: allow-oom
-- without header
-- KEYS tasks   ARGV id...
-- reply: for each 1 if it is there, else 0
local there = {}
for i, id in ipairs(ARGV) do there[i] = redis.call('HEXISTS', KEYS[1], id) end
return there
