-- Closes the queue, and wakes the first of those who wait; each wakes the next.  O(1)
-- flags: allow-oom
-- confirmed
-- KEYS h work room
redis.call('HSET', KEYS[1], 'closed', 1)
for i = 2, 3 do
  if redis.call('EXISTS', KEYS[i]) == 0 then redis.call('LPUSH', KEYS[i], 1) end
end
return 1
