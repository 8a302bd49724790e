-- Sets and removes entries: all of them or, if one is not as expected, none.  O(n log N)
-- recorded
-- confirmed
-- KEYS h entries order   ARGV version, whether the former entry of the first key is wanted, (key, expectation, entry or nothing)...
-- reply: which is not as expected (0: none, and all is done), how many are new, how many are removed, former entry or nil
local function is_met(key, expected)
  local kind, rest = string.sub(expected, 1, 1), string.sub(expected, 2)
  if kind == '*' then return true end
  if kind == '-' or kind == '+' then
    return (redis.call('HEXISTS', KEYS[2], key) == 1) == (kind == '+')
  end
  local found = redis.call('HGET', KEYS[2], key)
  if kind == '=' then return found and string.sub(found, 1, 16) == rest end
  return not found or string.sub(found, 17, 17) ~= rest
end
for i = 3, #ARGV, 3 do
  if not is_met(ARGV[i], ARGV[i + 1]) then return {i / 3, 0, 0, false} end
end
local former = ARGV[2] == '1' and redis.call('HGET', KEYS[2], ARGV[3])
local next = tonumber(redis.call('HGET', KEYS[1], 'next') or '0')
local added, removed = 0, 0
for i = 3, #ARGV, 3 do
  local key, entry = ARGV[i], ARGV[i + 2]
  if entry == '' then
    removed = removed + redis.call('HDEL', KEYS[2], key)
    redis.call('ZREM', KEYS[3], key)
  elseif redis.call('HSET', KEYS[2], key, entry) == 1 then
    redis.call('ZADD', KEYS[3], next, key)
    next, added = next + 1, added + 1
  end
end
redis.call('HSET', KEYS[1], 'ver', ARGV[1], 'next', next)
return {0, added, removed, former}
