-- Creates an object by its header, or finds out whether it was created with the same settings.  O(n)
-- without header
-- confirmed
-- KEYS h   ARGV layout, (name, value)... of settings
-- reply: nothing if it exists now, or name and value of the first setting that is another one
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('HSET', KEYS[1], 'lay', unpack(ARGV))
  return {}
end
for i = 2, #ARGV, 2 do
  local there = redis.call('HGET', KEYS[1], ARGV[i]) or ''
  if there ~= ARGV[i + 1] then return {ARGV[i], there} end
end
return {}
