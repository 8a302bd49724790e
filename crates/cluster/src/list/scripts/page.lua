-- Reads elements in order: up to 1000, and about 256 KiB, but one if there is any.  O(n)
-- flags: allow-oom
-- KEYS h elements   ARGV version that the list must have ('': any), life of the copy in ms (0: it is none), start, stop ('': the end; less than 0: from the end)
-- reply: nil if it is another version or the copy is gone; or version, first place, place behind the last one wanted, element...
local life = tonumber(ARGV[2])
if life > 0 and redis.call('PEXPIRE', KEYS[2], life) == 0 then return false end
local version = redis.call('HGET', KEYS[1], 'ver') or '-'
if life == 0 and ARGV[1] ~= '' and ARGV[1] ~= version then return false end
local length = redis.call('LLEN', KEYS[2])
local function place(text, otherwise)
  local i = tonumber(text)
  if not i then return otherwise end
  if i < 0 then i = i + length end
  return math.max(0, math.min(i, length))
end
local first = place(ARGV[3], 0)
local stop = math.max(first, place(ARGV[4], length))
local page, bytes, largest = {version, first, stop}, 0, 0
-- The batches grow as long as what they bring is small, but not far: nobody knows how large the next elements are.
local at, batch = first, 1
while at < stop and #page < 1003 and bytes <= 262144 do
  batch = math.min(batch, stop - at, 1003 - #page)
  for _, element in ipairs(redis.call('LRANGE', KEYS[2], at, at + batch - 1)) do
    page[#page + 1] = element
    bytes = bytes + #element
    largest = math.max(largest, #element)
  end
  at = at + batch
  batch = math.max(1, math.min(batch * 2, 16, math.floor((262144 - bytes) / largest)))
end
return page
