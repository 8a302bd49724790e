-- Removes a client whose lease is over, or that takes its leave, with what it was to be told.  O(log N)
-- flags: allow-oom
-- without header
-- KEYS clients, replies, cancellations, h   ARGV client, whether it takes its leave, whether hosts are to hear of it
-- reply: 1 if it was removed
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if ARGV[2] ~= '1' and score and tonumber(score) >= now then return 0 end
redis.call('UNLINK', KEYS[2])
local removed = redis.call('ZREM', KEYS[1], ARGV[1])
if removed == 1 and ARGV[3] == '1' then
  -- Should the client come back, what it puts then has higher numbers.
  local last = redis.call('HGET', KEYS[4], 'last') or '0'
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', 10000, '*', 'gone', ARGV[1], 'last', last)
end
return removed
