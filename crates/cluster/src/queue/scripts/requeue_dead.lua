-- Puts dead letters at the end of the queue again, as if they were new.  O(n)
-- recorded
-- confirmed
-- KEYS h ready messages work dead   ARGV how many, bytes of all but the first
-- reply: how many; 0 if there are none, -1 if the queue is closed
if redis.call('HGET', KEYS[1], 'closed') then return -1 end
local letters, n, bytes = redis.call('XRANGE', KEYS[5], '-', '+', 'COUNT', ARGV[1]), 0, 0
for i, letter in ipairs(letters) do
  local message = letter[2][6]
  bytes = bytes + #message
  if i > 1 and bytes > tonumber(ARGV[2]) then break end
  local id = string.format('%016d-%s', redis.call('HINCRBY', KEYS[1], 'puts', 1), nonce)
  redis.call('HSET', KEYS[3], id, message)
  redis.call('RPUSH', KEYS[2], id)
  redis.call('XDEL', KEYS[5], letter[1])
  n = i
end
if n > 0 and redis.call('EXISTS', KEYS[4]) == 0 then redis.call('LPUSH', KEYS[4], 1) end
return n
