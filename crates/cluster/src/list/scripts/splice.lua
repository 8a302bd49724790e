-- Puts elements in the place of a run of others.  O(n), or O(n + m) where a run of m is moved aside, whichever is less
-- recorded
-- confirmed
-- KEYS h elements aside   ARGV version, version that the list must have ('': any), mode, start, stop, whether what stood first is wanted, element...
-- mode: run (start and stop may be '', or less than 0: from the end; both are cut to what there is), element (start must be
-- there), exact (start must not be beyond the end)
-- reply: 1 and the first element that was removed or nil; 0 if it is another version; -1 and the length if there is no such place
local list, aside, version, required = KEYS[2], KEYS[3], ARGV[1], ARGV[2]
if required ~= '' and (redis.call('HGET', KEYS[1], 'ver') or '-') ~= required then return {0} end

local length = redis.call('LLEN', list)
local function place(text, otherwise)
  local i = tonumber(text)
  if not i then return otherwise end
  if i < 0 then i = i + length end
  return math.max(0, math.min(i, length))
end
local first, stop = place(ARGV[4], 0), place(ARGV[5], length)
if ARGV[3] == 'element' then
  local i = tonumber(ARGV[4])
  if i < -length or i >= length then return {-1, length} end
  stop = first + 1
elseif ARGV[3] == 'exact' and tonumber(ARGV[4]) > length then
  return {-1, length}
end
stop = math.max(first, stop)
local former = ARGV[6] == '1' and stop > first and redis.call('LINDEX', list, first)

local BEFORE = 6
local removed, added = stop - first, #ARGV - BEFORE

local function push(side, from, to, step)
  for i = from, to, step * 500 do
    local batch = {}
    for j = i, i + step * 499, step do
      if (j - to) * step > 0 then break end
      batch[#batch + 1] = ARGV[BEFORE + j]
    end
    redis.call(side .. 'PUSH', list, unpack(batch))
  end
end

local function move(from, to, count, side)
  while count > 0 do
    local batch = redis.call(side .. 'POP', from, math.min(count, 500))
    redis.call(side .. 'PUSH', to, unpack(batch))
    count = count - #batch
  end
end

-- What stands on the shorter side is moved aside and back.
local function rebuild()
  if first < length - stop then
    move(list, aside, first, 'L')
    redis.call('LTRIM', list, removed, -1)
    if added > 0 then push('L', added, 1, -1) end
    move(aside, list, first, 'L')
  else
    move(list, aside, length - stop, 'R')
    redis.call('LTRIM', list, 0, -removed - 1)
    if added > 0 then push('R', 1, added, 1) end
    move(aside, list, length - stop, 'R')
  end
end

-- Elements that are removed, or in front of which others are put, are found by a mark that no element has.
local function mend()
  local both = math.min(removed, added)
  for i = 1, both do redis.call('LSET', list, first + i - 1, ARGV[BEFORE + i]) end
  if removed > both then
    for i = first + both, stop - 1 do redis.call('LSET', list, i, version) end
    local from_left = first < length - stop
    redis.call('LREM', list, (removed - both) * (from_left and 1 or -1), version)
  elseif added > both then
    local behind = redis.call('LINDEX', list, stop)
    redis.call('LSET', list, stop, version)
    for i = both + 1, added do redis.call('LINSERT', list, 'BEFORE', version, ARGV[BEFORE + i]) end
    redis.call('LSET', list, first + added, behind)
  end
end

local side = math.min(first, length - stop)
local inserted = math.max(0, added - removed)
if removed == length then
  redis.call('UNLINK', list)
  if added > 0 then push('R', 1, added, 1) end
elseif math.max(removed, added) * 64 <= side and inserted * first <= 30 * side then
  mend()
else
  rebuild()
end
redis.call('HSET', KEYS[1], 'ver', version)
return {1, former}
