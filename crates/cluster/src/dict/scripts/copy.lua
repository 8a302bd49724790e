-- Makes a copy of all entries, for one reader, unless it is there: it may take so long that the call is made again meanwhile.  O(N)
-- KEYS h entries order copied-entries copied-order   ARGV life in ms
if redis.call('EXISTS', KEYS[5]) == 1 then return 1 end
redis.call('COPY', KEYS[2], KEYS[4], 'REPLACE')
redis.call('COPY', KEYS[3], KEYS[5], 'REPLACE')
redis.call('PEXPIRE', KEYS[4], ARGV[1])
redis.call('PEXPIRE', KEYS[5], ARGV[1])
return 1
