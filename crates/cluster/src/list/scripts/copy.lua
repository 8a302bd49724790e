-- Makes a copy of all elements, for one reader. Doing it twice is the same as once.  O(N)
-- KEYS h elements copied-elements   ARGV life in ms
redis.call('COPY', KEYS[2], KEYS[3], 'REPLACE')
redis.call('PEXPIRE', KEYS[3], ARGV[1])
return 1
