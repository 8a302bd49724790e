-- Ends tasks that a host holds, and tells their client what came of them.  O(n)
-- recorded
-- flags: allow-oom
-- without header
-- KEYS h, tasks, lease, attempts, clients, replies, dead
-- ARGV client, how long replies are kept in ms, code, (id, the client's number, outcome, why it is to be kept as dead or nothing)...
-- reply: for each 1, or 0 if the host does not hold it any more
local ids = {}
for i = 4, #ARGV, 4 do ids[#ids + 1] = ARGV[i] end
local held = redis.call('HMGET', KEYS[3], unpack(ids))
local hits, mine = {}, {}
for n, id in ipairs(ids) do
  hits[n] = held[n] and 1 or 0
  if held[n] then mine[#mine + 1] = id end
end
if #mine == 0 then return hits end
redis.call('HDEL', KEYS[3], unpack(mine))
redis.call('HDEL', KEYS[4], unpack(mine))
local told, done, dead = {}, 0, 0
for n, id in ipairs(ids) do
  if held[n] then
    local i = 4 * n
    local task = ARGV[i + 3] ~= '' and redis.call('HGET', KEYS[2], id)
    -- One that was cancelled is not among the tasks any more, and nobody is told.
    if redis.call('HDEL', KEYS[2], id) == 1 then
      done = done + 1
      told[#told + 1], told[#told + 2], told[#told + 3], told[#told + 4] = 'n', ARGV[i + 1], 'v', ARGV[i + 2]
      if task then
        redis.call('XADD', KEYS[7], 'MAXLEN', '~', 1000, '*', 'id', id, 'code', ARGV[3], 'why', ARGV[i + 3], 'task', task)
        dead = dead + 1
      end
    end
  end
end
if done > 0 then
  redis.call('HINCRBY', KEYS[1], 'dones', done)
  if redis.call('ZSCORE', KEYS[5], ARGV[1]) then
    redis.call('XADD', KEYS[6], '*', unpack(told))
    redis.call('PEXPIRE', KEYS[6], ARGV[2])
  end
end
if dead > 0 then redis.call('HINCRBY', KEYS[1], 'dead', dead) end
return hits
