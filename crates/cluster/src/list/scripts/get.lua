-- Reads an element.  O(n)
-- flags: allow-oom
-- KEYS h elements   ARGV place (less than 0: from the end)
-- reply: the element or nil
return redis.call('LINDEX', KEYS[2], ARGV[1])
