-- Creates an array with its elements, or finds out whether it was created with the same settings.  O(n)
-- without header
-- confirmed
-- KEYS h elements staged   ARGV layout, bytes of all elements, the element that all are ('': they are written aside), (name, value)... of settings
-- reply: nothing if it exists now, or name and value of the first setting that is another one; nil if what was written aside is gone
if redis.call('EXISTS', KEYS[1]) == 1 then
  for i = 4, #ARGV, 2 do
    local there = redis.call('HGET', KEYS[1], ARGV[i]) or ''
    if there ~= ARGV[i + 1] then return {ARGV[i], there} end
  end
  return {}
end
local bytes, element = tonumber(ARGV[2]), ARGV[3]
if bytes > 0 and element == '' then
  if redis.call('STRLEN', KEYS[3]) ~= bytes then return false end
  redis.call('RENAME', KEYS[3], KEYS[2])
  redis.call('PERSIST', KEYS[2])
elseif bytes > 0 then
  local many = string.rep(element, math.max(1, math.floor(65536 / #element)))
  for at = 0, bytes - 1, #many do
    redis.call('SETRANGE', KEYS[2], at, string.sub(many, 1, bytes - at))
  end
end
redis.call('HSET', KEYS[1], 'lay', ARGV[1], unpack(ARGV, 4))
return {}
