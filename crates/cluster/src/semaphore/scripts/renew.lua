-- Moves on the ends of leases of permits, also of those that have run out and were not given to others yet.  O(n log N)
-- flags: allow-oom
-- KEYS h taken   ARGV lease in ms, permits...
-- reply: those that are not taken any more
local t = redis.call('TIME')
local ends = t[1] * 1000 + math.floor(t[2] / 1000) + ARGV[1]
local gone = {}
for i = 2, #ARGV do
  if redis.call('ZSCORE', KEYS[2], ARGV[i]) then
    redis.call('ZADD', KEYS[2], ends, ARGV[i])
  else
    gone[#gone + 1] = ARGV[i]
  end
end
return gone
