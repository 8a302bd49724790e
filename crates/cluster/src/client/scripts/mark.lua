-- Changes something over the connection, so that a question whether all is confirmed that was done over it is about everything that was done before.  O(1)
-- flags: allow-oom
-- without header
-- KEYS mark   ARGV life in ms
-- reply: 1
redis.call('SET', KEYS[1], '', 'PX', ARGV[1])
return 1
