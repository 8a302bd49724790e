-- Makes a copy of all elements, for one reader, unless it is there: it may take so long that the call is made again meanwhile.  O(N)
-- KEYS h elements copied-elements   ARGV life in ms
if redis.call('EXISTS', KEYS[3]) == 1 then return 1 end
redis.call('COPY', KEYS[2], KEYS[3], 'REPLACE')
redis.call('PEXPIRE', KEYS[3], ARGV[1])
return 1
