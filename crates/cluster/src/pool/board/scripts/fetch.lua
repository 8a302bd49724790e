-- Gives the tasks that are to be begun next to a host, which holds them from now on. If the answer is lost, the host finds out by recount.  O(k log N)
-- flags: allow-oom
-- without header
-- KEYS h, tasks, ready, wake, lease, attempts, hosts, clients   ARGV host, count, bytes after which no more are added
-- reply: (id, attempt, who has failed it last or nothing, task)...
if not redis.call('ZSCORE', KEYS[7], ARGV[1]) then return redis.error_reply('ABSENT the host is not registered') end
local wanted, limit = tonumber(ARGV[2]), tonumber(ARGV[3])
local found, count, bytes, dropped = {}, 0, 0, 0
local present = {}
local function is_present(client)
  if present[client] == nil then present[client] = redis.call('ZSCORE', KEYS[8], client) ~= false end
  return present[client]
end
-- In portions, so that not much is read in vain if the tasks are large.
while count < wanted and bytes < limit and dropped < 1000 do
  local popped = redis.call('ZPOPMIN', KEYS[3], math.min(wanted - count, 32))
  if #popped == 0 then break end
  local ids = {}
  for i = 1, #popped, 2 do ids[#ids + 1] = popped[i] end
  local tasks = redis.call('HMGET', KEYS[2], unpack(ids))
  local failures = redis.call('HMGET', KEYS[6], unpack(ids))
  local held, back = {}, {}
  for i, id in ipairs(ids) do
    local task = tasks[i]
    if task and string.sub(task, 1, 1) == 'd' and not is_present(string.sub(task, 2, 33)) then
      redis.call('HDEL', KEYS[2], id)
      redis.call('HDEL', KEYS[6], id)
      dropped = dropped + 1
    elseif task and bytes >= limit then
      back[#back + 1] = 0
      back[#back + 1] = id
    elseif task then
      local failed, host = 0, ''
      if failures[i] then failed, host = string.match(failures[i], '^(%d+) (.*)$') end
      local attempt = failed + 1
      held[#held + 1] = id
      held[#held + 1] = attempt
      bytes = bytes + #task
      local at = 4 * count
      found[at + 1], found[at + 2], found[at + 3], found[at + 4] = id, attempt, host, task
      count = count + 1
    end
  end
  if #held > 0 then redis.call('HSET', KEYS[5], unpack(held)) end
  if #back > 0 then redis.call('ZADD', KEYS[3], unpack(back)) end
end
if count > 0 then redis.call('HINCRBY', KEYS[1], 'gots', count) end
if dropped > 0 then redis.call('HINCRBY', KEYS[1], 'dropped', dropped) end
if redis.call('EXISTS', KEYS[3]) == 1 and redis.call('EXISTS', KEYS[4]) == 0 then redis.call('LPUSH', KEYS[4], 1) end
return found
