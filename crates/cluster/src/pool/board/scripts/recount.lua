-- Gives back what a host holds without knowing of it, since the answer that brought it was lost. No attempt is counted.  O(k log N)
-- flags: allow-oom
-- without header
-- KEYS h, tasks, ready, wake, lease   ARGV id that the host knows of...
-- reply: how many were given back
local known = {}
for _, id in ipairs(ARGV) do known[id] = true end
local back = 0
for _, id in ipairs(redis.call('HKEYS', KEYS[5])) do
  if not known[id] then
    redis.call('HDEL', KEYS[5], id)
    if redis.call('HEXISTS', KEYS[2], id) == 1 then
      redis.call('ZADD', KEYS[3], 0, id)
      back = back + 1
    end
  end
end
if back > 0 and redis.call('EXISTS', KEYS[4]) == 0 then redis.call('LPUSH', KEYS[4], 1) end
return back
