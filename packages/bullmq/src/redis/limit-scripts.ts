import { admission } from './admit-script.ts';
import { bullQueue, enqueueAdded } from './bull-queue-script.ts';
import { commitFunctions, commitment } from './commit-script.ts';
import { script } from './script.ts';

/*
 * A job of a name with limits holds a place from when it may be given to BullMQ to the end of its attempt.
 * Who finds none is parked, and takes the place of one that ends, in order: no job goes through BullMQ only
 * to be put back there. A rate is looked at again when an attempt begins, since BullMQ may have kept it.
 *
 *   limits             hash    by name, { concurrency, perOwner, max, perMs } as JSON
 *   places:<name>      set     jobs that hold a place
 *   placesOf:<o> <n>   set     those of an owner
 *   given:<name>       set     those that have not begun yet, where there is a rate
 *   begun:<name>       zset    attempts that began within the rate's span, by when
 *   alarm:<name>       string  the job that comes back when the rate frees, and then wakes others
 *   parked:<name>      zset    jobs that wait for their name, by priority, then in the order of start
 *   parkedOf:<o> <n>   zset    jobs that wait for their owner's others of the name
 *   parkedLists        set     which of these lists there are
 */
export const limits = `
local function limitOf(name)
  return cjson.decode(redis.call('HGET', base .. 'limits', name) or '{}')
end
-- An owner's part of keys has no line feed in it.
local function ofOwner(what, owner, name) return base .. what .. 'Of:' .. owner .. '\\n' .. name end
local function holdsPlace(id, name) return redis.call('SISMEMBER', base .. 'places:' .. name, id) == 1 end
local function isFull(limit, name)
  return limit.concurrency and redis.call('SCARD', base .. 'places:' .. name) >= limit.concurrency
end
local function isOwnerFull(limit, name, owner)
  return limit.perOwner and redis.call('SCARD', ofOwner('places', owner, name)) >= limit.perOwner
end
-- In how many milliseconds one more may begin, after those that are on their way; 0 for now.
local function rateWait(limit, name, onTheirWay)
  if not limit.max then return 0 end
  local at, key = time(), base .. 'begun:' .. name
  redis.call('ZREMRANGEBYSCORE', key, '-inf', '(' .. (at - limit.perMs))
  -- A clock that was set back must not close the name for as long.
  redis.call('ZREMRANGEBYSCORE', key, '(' .. (at + 1000), '+inf')
  local begun = redis.call('ZCARD', key)
  local over = begun + onTheirWay - limit.max
  if over < 0 then return 0 end
  if begun == 0 then return limit.perMs end
  local index = math.min(over, begun - 1)
  return redis.call('ZRANGE', key, index, index, 'WITHSCORES')[2] + limit.perMs + 1 - at
end

local function given(name) return redis.call('SCARD', base .. 'given:' .. name) end

local function takePlace(limit, id, name, owner)
  redis.call('SADD', base .. 'places:' .. name, id)
  redis.call('SADD', ofOwner('places', owner, name), id)
  if limit.max then redis.call('SADD', base .. 'given:' .. name, id) end
end
-- By whom the places of a list go: the order of all starts, and the id.
local function turnOf(id, owner)
  return string.format('%016.0f', tonumber(redis.call('ZSCORE', base .. 'owner:' .. owner, id) or 0)) .. id
end
local function addTo(list, score, turn)
  redis.call('ZADD', list, score, turn)
  redis.call('HSET', jobKey(string.sub(turn, 17)), 'parked', list)
  redis.call('SADD', base .. 'parkedLists', list)
end
local function park(list, id, owner)
  addTo(list, -tonumber(redis.call('HGET', jobKey(id), 'priority')), turnOf(id, owner))
  redis.call('ZREM', base .. 'pending', id)
end
local function unpark(id, owner)
  local list = redis.call('HGET', jobKey(id), 'parked')
  if list then redis.call('ZREM', list, turnOf(id, owner)) end
end
-- The owner's first may wait for the name now.
local function letOwnerOn(name, owner)
  local first = redis.call('ZPOPMIN', ofOwner('parked', owner, name))
  if first[1] then addTo(base .. 'parked:' .. name, first[2], first[1]) end
end
local function leavePlace(id, name, owner)
  redis.call('SREM', base .. 'places:' .. name, id)
  redis.call('SREM', ofOwner('places', owner, name), id)
  redis.call('SREM', base .. 'given:' .. name, id)
  if redis.call('GET', base .. 'alarm:' .. name) == id then redis.call('DEL', base .. 'alarm:' .. name) end
  letOwnerOn(name, owner)
end

-- Gives a place to the first that may have one; it has to be given to BullMQ.
local function takeNext(limit, name)
  while true do
    local first = redis.call('ZPOPMIN', base .. 'parked:' .. name)
    if not first[1] then return nil end
    local id = string.sub(first[1], 17)
    local owner = redis.call('HGET', jobKey(id), 'owner')
    local state = redis.call('HGET', jobKey(id), 'state')
    if state and cjson.decode(state).status == 'queued' then
      if isOwnerFull(limit, name, owner) then
        addTo(ofOwner('parked', owner, name), first[2], first[1])
      else
        redis.call('HDEL', jobKey(id), 'parked')
        hasToBeGiven(id)
        takePlace(limit, id, name, owner)
        return id
      end
    end
  end
end
-- As many as there are places; while the rate is in the way one alone, which waits for it in BullMQ.
local function wakeNext(limit, name, woken)
  while #woken < 100 and not isFull(limit, name) do
    local waitMs = rateWait(limit, name, given(name))
    if waitMs > 0 and redis.call('EXISTS', base .. 'alarm:' .. name) == 1 then return end
    local id = takeNext(limit, name)
    if not id then return end
    woken[#woken + 1] = id
    if waitMs > 0 then
      redis.call('SET', base .. 'alarm:' .. name, id, 'PX', waitMs + 5000)
      return
    end
  end
end
`;

/** Lets a job that \`admit\` has admitted take a place, or parks it. Whom that wakes stands at the end. */
export const limitedAdmission = `
local function admitLimited()
  local answer = admit()
  local id, owner, name = ARGV[1], ARGV[2], ARGV[3]
  local known = redis.call('HMGET', jobKey(id), 'limited', 'dueAt', 'parked')
  -- One that is to wait for its time asks for its place when that has come.
  if answer[1] ~= 'admitted' or known[1] ~= '1' or tonumber(known[2]) > time() then return answer end
  if known[3] or holdsPlace(id, name) then return answer end
  local limit, woken = limitOf(name), {}
  if isOwnerFull(limit, name, owner) then
    park(ofOwner('parked', owner, name), id, owner)
  elseif isFull(limit, name) or rateWait(limit, name, given(name)) > 0 or redis.call('EXISTS', base .. 'parked:' .. name) == 1 then
    park(base .. 'parked:' .. name, id, owner)
    wakeNext(limit, name, woken)
  else
    takePlace(limit, id, name, owner)
    return answer
  end
  return { 'parked', id, '', unpack(woken) }
end
`;

export const limitedAdmitScript = script(
  'admit with limits',
  `
local function admit() ${admission} end
${limitedAdmission}
return admitLimited()
`,
  `${bullQueue}${limits}`,
  enqueueAdded,
);

/**
 * As a commit, for a job of a name with limits (A7). One that may not begin is answered as { 'limited', '',
 * in how many milliseconds it comes back, or '' where it is parked until it is woken }. Whom it wakes
 * stands at the end of each answer.
 */
export const limitedCommitScript = script(
  'commit with limits',
  `
local function commit() ${commitment} end
local id, rev, token, status, wasStatus = ARGV[1], ARGV[2], ARGV[4], ARGV[6], ARGV[7]
local known = redis.call('HMGET', jobKey(id), 'name', 'owner', 'rev')
local name, owner = known[1], known[2]
if not name then return commit() end
local limit, woken = limitOf(name), {}
local begins = status == 'running' and wasStatus == 'queued'
if begins and known[3] == rev then
  local holds = holdsPlace(id, name)
  local waitMs = rateWait(limit, name, holds and 0 or given(name))
  if not holds and isOwnerFull(limit, name, owner) then
    park(ofOwner('parked', owner, name), id, owner)
    return { 'limited', '', '' }
  elseif not holds and (isFull(limit, name) or waitMs > 0) then
    park(base .. 'parked:' .. name, id, owner)
    wakeNext(limit, name, woken)
    return { 'limited', '', '', unpack(woken) }
  elseif waitMs > 0 then
    redis.call('SET', base .. 'alarm:' .. name, id, 'PX', waitMs + 5000)
    return { 'limited', '', tostring(waitMs) }
  end
end
local answer = commit()
if answer[1] ~= 'done' then return answer end
if begins then
  takePlace(limit, id, name, owner)
  redis.call('SREM', base .. 'given:' .. name, id)
  if limit.max then
    redis.call('ZADD', base .. 'begun:' .. name, time(), token)
    redis.call('PEXPIRE', base .. 'begun:' .. name, limit.perMs + 60000)
  end
  if redis.call('GET', base .. 'alarm:' .. name) == id then redis.call('DEL', base .. 'alarm:' .. name) end
elseif wasStatus == 'running' and status ~= 'running' then
  leavePlace(id, name, owner)
elseif wasStatus == 'queued' and status ~= 'queued' then
  unpark(id, owner)
  if holdsPlace(id, name) then leavePlace(id, name, owner) end
end
wakeNext(limit, name, woken)
return { answer[1], answer[2], '', unpack(woken) }
`,
  `${limits}${commitFunctions}`,
);

// Looked at of each set: it goes over all of them in passing.
const placesAtOnce = 5;

/** Of places where others wait, some that are held by nobody: a record that went without its end has left its own behind. */
const healPlaces = `
local function heal(set, isGivenOnly)
  for _, id in ipairs(redis.call('SRANDMEMBER', set, ${placesAtOnce})) do
    local state = redis.call('HGET', jobKey(id), 'state')
    local status = state and cjson.decode(state).status
    if status ~= 'queued' and (status ~= 'running' or isGivenOnly) then redis.call('SREM', set, id) end
  end
end
local function healPlaces(limit, name, owner)
  if limit.concurrency then heal(base .. 'places:' .. name) end
  if limit.perOwner then heal(ofOwner('places', owner, name)) end
  if limit.max then heal(base .. 'given:' .. name, true) end
end
`;

/** Wakes whom nobody wakes, such as where limits were taken away; answers whom. */
export const wakeScript = script(
  'wake',
  `
local woken = {}
for _, list in ipairs(redis.call('SRANDMEMBER', base .. 'parkedLists', 20)) do
  local first = redis.call('ZRANGE', list, 0, 0)[1]
  if not first then redis.call('SREM', base .. 'parkedLists', list) else
    local known = redis.call('HMGET', jobKey(string.sub(first, 17)), 'name', 'owner')
    local name, owner = known[1], known[2]
    if not name then redis.call('ZREM', list, first) else
      local limit = limitOf(name)
      healPlaces(limit, name, owner)
      if list ~= base .. 'parked:' .. name and not isOwnerFull(limit, name, owner) then letOwnerOn(name, owner) end
      wakeNext(limit, name, woken)
    end
  end
end
return woken
`,
  `${limits}${healPlaces}`,
);
