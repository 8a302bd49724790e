-- Ends tasks that a host holds, and tells their client what came of them.  O(n)
-- recorded
-- flags: allow-oom
-- without header
-- KEYS h, tasks, lease, attempts, clients, replies, dead
-- ARGV client, how long replies are kept in ms, code, (id, the client's number, outcome, why it is to be kept as dead or nothing)...
-- reply: for each 1, or 0 if the host does not hold it any more
local hits, done, dead = {}, 0, 0
local client = redis.call('ZSCORE', KEYS[5], ARGV[1])
for i = 4, #ARGV, 4 do
  local id = ARGV[i]
  local hit = redis.call('HDEL', KEYS[3], id)
  hits[#hits + 1] = hit
  local task = hit == 1 and redis.call('HGET', KEYS[2], id)
  if task then
    if ARGV[i + 3] ~= '' then
      redis.call('XADD', KEYS[7], 'MAXLEN', '~', 1000, '*', 'id', id, 'code', ARGV[3], 'why', ARGV[i + 3], 'task', task)
      dead = dead + 1
    end
    redis.call('HDEL', KEYS[2], id)
    redis.call('HDEL', KEYS[4], id)
    if client then redis.call('XADD', KEYS[6], '*', 'n', ARGV[i + 1], 'v', ARGV[i + 2]) end
    done = done + 1
  end
end
if client and done > 0 then redis.call('PEXPIRE', KEYS[6], ARGV[2]) end
if done > 0 then redis.call('HINCRBY', KEYS[1], 'dones', done) end
if dead > 0 then redis.call('HINCRBY', KEYS[1], 'dead', dead) end
return hits
