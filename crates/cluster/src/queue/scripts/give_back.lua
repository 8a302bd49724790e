-- Makes messages ready again that a lease has and its process has never seen.  O(n log n)
-- flags: allow-oom
-- KEYS h ready work its-lease   ARGV id...
-- reply: how many
local back = {}
for _, id in ipairs(ARGV) do
  if redis.call('HDEL', KEYS[4], id) == 1 then back[#back + 1] = id end
end
local n = #back
if n == 0 then return 0 end
-- Into the front by their numbers, as in `reap`: what stands before the greatest of them moves with them.
table.sort(back)
local greatest, first = back[n], redis.call('LINDEX', KEYS[2], 0)
while first and first < greatest do
  back[#back + 1] = redis.call('LPOP', KEYS[2])
  first = redis.call('LINDEX', KEYS[2], 0)
end
table.sort(back, function(one, other) return one > other end)
for _, id in ipairs(back) do redis.call('LPUSH', KEYS[2], id) end
if redis.call('EXISTS', KEYS[3]) == 0 then redis.call('LPUSH', KEYS[3], 1) end
return n
