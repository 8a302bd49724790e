-- Answers in every form that there is, after it has noted that it was here.  O(1)
-- recorded
-- confirmed
-- KEYS h number   ARGV form
redis.call('INCRBY', KEYS[2], 1)
local forms = {
  nothing = false,
  number = 7,
  bytes = '\0\255',
  status = redis.status_reply('FINE'),
  empty = {},
  nested = {1, {'two', {}}, false, 'four'},
}
return forms[ARGV[1]]
