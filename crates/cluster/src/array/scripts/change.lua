-- Calculates with one element.  O(1)
-- recorded
-- confirmed
-- KEYS h elements   ARGV bytes of all elements, first byte, operation, operand (as many bytes as the element)
-- reply: the former element
if redis.call('STRLEN', KEYS[2]) ~= tonumber(ARGV[1]) then return redis.error_reply('GONE its elements do not exist') end
local first, operation, operand = tonumber(ARGV[2]), ARGV[3], ARGV[4]
local former = redis.call('GETRANGE', KEYS[2], first, first + #operand - 1)

-- Byte by byte, from the least one on: exact however many there are, and the same with and without a sign.
local function bytewise(combine)
  local result = {}
  for i = 1, #operand do
    result[i] = string.char(combine(string.byte(former, i), string.byte(operand, i)))
  end
  return table.concat(result)
end
local next
if operation == 'swap' then
  next = operand
elseif operation == 'add' then
  local carry = 0
  next = bytewise(function(one, other)
    local sum = one + other + carry
    carry = math.floor(sum / 256)
    return sum % 256
  end)
elseif operation == 'add_float' then
  local format = #operand == 4 and '<f' or '<d'
  next = struct.pack(format, struct.unpack(format, former) + struct.unpack(format, operand))
else
  next = bytewise(bit['b' .. operation])
end
redis.call('SETRANGE', KEYS[2], first, next)
return former
