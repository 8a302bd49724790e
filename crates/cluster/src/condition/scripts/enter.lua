-- Gets in line.  O(log N)
-- recorded
-- KEYS h line ends   ARGV waiter, lease in ms
-- reply: ticket
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local ticket = redis.call('HINCRBY', KEYS[1], 'ticket', 1)
redis.call('ZADD', KEYS[2], ticket, ARGV[1])
redis.call('ZADD', KEYS[3], now + ARGV[2], ARGV[1])
return ticket
