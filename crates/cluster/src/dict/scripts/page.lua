-- Reads entries in order: up to 1000 and up to 256 KiB, but one if there is any.  O(log N + n)
-- flags: allow-oom
-- KEYS h entries order   ARGV version that the dict must have ('': any), life of the copy in ms (0: it is none), first place, whether entries are wanted
-- reply: nil if it is another version or the copy is gone; or version, how many there are, (key, entry or nil)...
local life = tonumber(ARGV[2])
if life > 0 then
  if redis.call('PEXPIRE', KEYS[2], life) == 0 or redis.call('PEXPIRE', KEYS[3], life) == 0 then return false end
end
local version = redis.call('HGET', KEYS[1], 'ver') or '-'
if life == 0 and ARGV[1] ~= '' and ARGV[1] ~= version then return false end
local page, bytes = {version, redis.call('ZCARD', KEYS[3])}, 0
local first = tonumber(ARGV[3])
for _, key in ipairs(redis.call('ZRANGE', KEYS[3], first, first + 999)) do
  local entry = ARGV[4] == '1' and redis.call('HGET', KEYS[2], key)
  page[#page + 1], page[#page + 2] = key, entry
  bytes = bytes + #key + (entry and #entry or 0)
  if bytes > 262144 then break end
end
return page
