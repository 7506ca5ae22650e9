import { bullQueue } from './bull-queue-script.ts';
import { commitFunctions } from './commit-script.ts';
import { script } from './script.ts';

/**
 * Counts jobs anew, in passing: what a script that ended midway, or a Redis that lost some of its data, has left
 * wrong would stay so, as counts are only ever changed. Answers whether it did anything.
 *
 *   recount   string   how far it has come, and when it goes on: many processes ask, and one is enough
 *
 * A step takes some of the owners' lists; what is listed without being kept is active. What waits and is not in BullMQ any more, since somebody
 * removed it there, has to be given again. The last step sums up what the owners have, and lets keys go on whose holders are not there any more.
 * Of a very long list the number alone is told, and some of it looked at, as reading it would hold up all others.
 */
export const recountScript = script(
  'recount',
  `
local stepMs, roundMs, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local at = time()
local place, due = string.match(redis.call('GET', base .. 'recount') or '', '^(%w+) (%d+)$')
-- A clock that was set back does not stop it.
if due and tonumber(due) > at and tonumber(due) <= at + roundMs then return 0 end
local function giveAgainLost(id, spec)
  if redis.call('HEXISTS', jobKey(id), 'parked') == 1 then return end
  local known = spec and cjson.decode(spec) or {}
  if redis.call('EXISTS', bull .. id) == 1 then
    -- One that waits there for a limit may have been woken by nobody; it asks for its place again.
    if not known.limited or not redis.call('ZSCORE', bull .. 'delayed', id) then return end
  end
  local key = known.key or ''
  if key ~= '' and redis.call('HGET', base .. 'keys', key) ~= id then return end
  -- One that is about to be given stands there already.
  redis.call('ZADD', base .. 'pending', 'NX', 0, id)
end
local function goOn(where, inMs)
  return not redis.pcall('SET', base .. 'recount', string.format('%s %.0f', where, at + inMs)).err
end
if place == 'sum' then
  -- Where Redis is full, that is what has to be mended first.
  if not goOn('0', roundMs) then return 0 end
  local sums, fields = { queued = 0, active = 0 }, redis.call('HGETALL', base .. 'counts')
  for index = 1, #fields, 2 do
    local what, owner = string.match(fields[index], '^(%a+) (.*)$')
    if what and redis.call('EXISTS', base .. 'owner:' .. owner) == 0 then redis.call('HDEL', base .. 'counts', fields[index])
    elseif what and sums[what] then sums[what] = sums[what] + tonumber(fields[index + 1]) end
  end
  for what, sum in pairs(sums) do
    if sum == 0 then redis.call('HDEL', base .. 'counts', what) else redis.call('HSET', base .. 'counts', what, sum) end
  end
  -- A key whose holder went with its record would be held for ever.
  local holders = redis.call('HGETALL', base .. 'keys')
  for index = 1, #holders, 2 do
    local id = holders[index + 1]
    while id ~= '' and redis.call('EXISTS', jobKey(id)) == 0 do id = passKey(id, holders[index]) end
  end
  return 1
end
local found = redis.call('SCAN', place or '0', 'MATCH', base .. 'owner:*', 'COUNT', 1000)
if not goOn(found[1] == '0' and 'sum' or found[1], stepMs) then return 0 end
for _, list in ipairs(found[2]) do
  local owner = string.sub(list, #base + 7)
  local kept = base .. 'kept:' .. owner
  local active, queued = redis.call('ZCARD', list) - redis.call('ZCARD', kept), 0
  if active > most then
    queued = math.min(math.max(count('queued ' .. owner), 0), active)
    for _, id in ipairs(redis.call('ZRANDMEMBER', list, math.ceil(most / 4))) do
      local known = redis.call('HMGET', jobKey(id), 'state', 'spec')
      if known[1] and cjson.decode(known[1]).status == 'queued' then giveAgainLost(id, known[2]) end
    end
  else
    active = 0
    for _, id in ipairs(redis.call('ZDIFF', 2, list, kept)) do
      local known = redis.call('HMGET', jobKey(id), 'rest', 'state', 'spec')
      if not known[2] then
        forget(id, owner, '')
      elseif known[1] == '1' then
        -- Or nobody would ever release it.
        redis.call('ZADD', kept, lookTime(), id)
        local ttl = known[3] and cjson.decode(known[3]).ttl or 0
        if ttl ~= 'inf' then redis.call('ZADD', base .. 'expiry', at + ttl, id) end
      else
        active = active + 1
        if cjson.decode(known[2]).status == 'queued' then
          queued = queued + 1
          giveAgainLost(id, known[3])
        end
      end
    end
  end
  countMore('queued', owner, queued - count('queued ' .. owner))
  countMore('active', owner, active - count('active ' .. owner))
end
return 1
`,
  `${commitFunctions}${bullQueue}`,
);
