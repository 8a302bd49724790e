-- Replaces the value if it is as expected.  O(n)
-- recorded
-- confirmed
-- KEYS h value   ARGV new one, what must be there (*: anything, =stamp, ~number), whether the former one is wanted
-- reply: 1 or 0, former or present value if it is wanted
local found = redis.call('GET', KEYS[2])
if not found then return redis.error_reply('GONE its value does not exist') end
local kind, rest = string.sub(ARGV[2], 1, 1), string.sub(ARGV[2], 2)
local is_met = kind == '*' or (kind == '=' and string.sub(found, 1, 16) == rest) or (kind == '~' and found == rest)
if is_met then redis.call('SET', KEYS[2], ARGV[1]) end
return {is_met and 1 or 0, ARGV[3] == '1' and found}
