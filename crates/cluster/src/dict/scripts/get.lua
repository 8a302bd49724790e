-- Reads entries: up to 256 KiB of them, but one at least.  O(n)
-- flags: allow-oom
-- KEYS h entries   ARGV key...
-- reply: entry or nil for each key from the first on, as many as fit
local entries, bytes = {}, 0
for i = 1, #ARGV do
  entries[i] = redis.call('HGET', KEYS[2], ARGV[i])
  bytes = bytes + (entries[i] and #entries[i] or 0)
  if bytes > 262144 then break end
end
return entries
