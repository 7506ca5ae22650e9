import { script } from './script.ts';

/**
 * Appends events that are news, and drops the oldest over the capacity (E3). `dropped` is of the whole job. What was refused, or whose
 * answer was lost, comes again together with what is newer, and counts once.
 */
export const appendEvents = `
local function appendEvents(id, seq, newest, dropped, capacity, events)
  local job = jobKey(id)
  if dropped > tonumber(dropped > 0 and redis.call('HGET', job, 'dropped') or 0) then redis.call('HSET', job, 'dropped', dropped) end
  if #events == 0 then return end
  local known, first = tonumber(redis.call('HGET', job, 'seq') or 0), 1
  if seq <= known then return end
  while first < #events and tonumber(string.match(events[first], '^{"seq":(%d+)')) <= known do first = first + 1 end
  redis.call('RPUSH', base .. 'progress:' .. id, unpack(events, first))
  redis.call('LTRIM', base .. 'progress:' .. id, -capacity, -1)
  redis.call('HSET', job, 'seq', seq, 'progress', newest)
end
`;

/** Gives a key of a job at rest to the next; answers whom, or ''. */
const passKey = `
local function passKey(id, key)
  if redis.call('HGET', base .. 'keys', key) ~= id then
    redis.call('LREM', base .. 'waiting:' .. key, 0, id)
    if redis.call('HGET', base .. 'replacer', key) == id then redis.call('HDEL', base .. 'replacer', key) end
    return ''
  end
  local follower = redis.call('HGET', base .. 'replacer', key)
  if follower then redis.call('HDEL', base .. 'replacer', key)
  else follower = redis.call('LPOP', base .. 'waiting:' .. key) end
  if not follower then
    redis.call('HDEL', base .. 'keys', key)
    return ''
  end
  redis.call('HSET', base .. 'keys', key, follower)
  hasToBeGiven(follower)
  return follower
end
local function keep(id, owner, ttl, maxKept)
  keptMore(owner, redis.call('ZADD', base .. 'kept:' .. owner, lookTime(), id))
  if ttl ~= 'inf' then redis.call('ZADD', base .. 'expiry', time() + ttl, id) end
  if maxKept == 'inf' then return end
  local over = keptOf(owner) - tonumber(maxKept)
  if over <= 0 then return end
  for _, old in ipairs(redis.call('ZRANGE', base .. 'kept:' .. owner, 0, over)) do
    if over > 0 and old ~= id then
      forget(old, owner, redis.call('HGET', jobKey(old), 'start') or '')
      over = over - 1
    end
  end
end
`;

/** What a commitment uses. */
export const commitFunctions = `${appendEvents}${passKey}`;

/**
 * The body of a script: takes a job from the state that was read to the next one, unless another was faster, or the attempt
 * that asks was given up. Answers { 'done', who holds the key now }, or why not: `gone`, `changed`, `fenced`.
 *
 * Each commit names the revision that it makes, and knows it again: a command is sent anew when the
 * connection went before its answer. What never changes of a job, the caller knows.
 */
export const commitment = `
local id, rev, fence, token = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local state, status, wasStatus, rest, stop, kind = ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10]
local newFence, result, hasResult, discard = ARGV[11], ARGV[12], ARGV[13], ARGV[14]
local seq, newest, dropped, capacity = tonumber(ARGV[15]), ARGV[16], tonumber(ARGV[17]), tonumber(ARGV[18])
local owner, key, keeps, ttl, maxKept = ARGV[19], ARGV[20], ARGV[21], ARGV[22], ARGV[23]
local job = jobKey(id)
local known = redis.call('HMGET', job, 'rev', 'fence')
if not known[1] then return { 'gone', '' } end
if known[1] == token then return { 'done', '' } end
if fence ~= '' and known[2] ~= fence then return { 'fenced', '' } end
if known[1] ~= rev then return { 'changed', '' } end
if seq > 0 or dropped > 0 then
  appendEvents(id, seq, newest, dropped, capacity, { unpack(ARGV, 24) })
end
local fields = { 'state', state, 'rev', token }
local function set(field, value)
  fields[#fields + 1] = field
  fields[#fields + 1] = value
end
if newFence ~= '-' then set('fence', newFence) end
if stop ~= '-' then set('stop', stop) end
if hasResult == '1' then set('result', result) end
if rest == '1' then set('rest', '1') end
redis.call('HSET', job, unpack(fields))
if wasStatus == 'queued' and status ~= 'queued' then countMore('queued', owner, -1)
elseif wasStatus ~= 'queued' and status == 'queued' then countMore('queued', owner, 1) end
if discard == '1' then redis.call('ZADD', base .. 'discards', 'NX', time(), id) end
local nextHolder = ''
if rest == '1' then
  countMore('active', owner, -1)
  if wasStatus ~= 'queued' and wasStatus ~= 'running' then redis.call('ZREM', base .. 'discards', id) end
  redis.call('HDEL', job, 'saved', keeps == '1' and 'saved' or 'input')
  if key ~= '' then nextHolder = passKey(id, key) end
  keep(id, owner, ttl, maxKept)
end
if stop ~= '-' and stop ~= '' and status == 'running' then redis.call('PUBLISH', base .. 'workers', 'stop ' .. id) end
if discard == '1' then redis.call('PUBLISH', base .. 'workers', 'discard ' .. id) end
tell(owner, id, kind)
return { 'done', nextHolder }
`;

export const commitScript = script('commit', commitment, commitFunctions);
