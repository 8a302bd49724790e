-- What the queue was made with, and how many of its messages were lost.  O(1)
-- flags: allow-oom
-- KEYS h
-- reply: kind, maxsize, on_lost, max_deliveries, lost
return redis.call('HMGET', KEYS[1], 'kind', 'maxsize', 'on_lost', 'max_deliveries', 'lost')
