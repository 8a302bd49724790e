-- Removes the entry whose key was inserted last.  O(log N)
-- flags: allow-oom
-- recorded
-- confirmed
-- KEYS h entries order   ARGV version
-- reply: its key and entry, or nothing
local key = redis.call('ZRANGE', KEYS[3], -1, -1)[1]
if not key then return {} end
local entry = redis.call('HGET', KEYS[2], key)
redis.call('HDEL', KEYS[2], key)
redis.call('ZREM', KEYS[3], key)
redis.call('HSET', KEYS[1], 'ver', ARGV[1])
return {key, entry}
