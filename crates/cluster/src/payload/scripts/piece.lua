-- Writes a piece of a blob at its place, and has the blob live on. Twice is the same as once.  O(1), size of the piece
-- KEYS h blob   ARGV place, life in ms, piece
-- reply: 1
redis.call('SETRANGE', KEYS[2], ARGV[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1
