import { script } from './script.ts';

/** Appends events that are news, and drops the oldest over the capacity (E3). */
export const appendEvents = `
local function appendEvents(id, seq, newest, dropped, capacity, events)
  local job = jobKey(id)
  if dropped > 0 then redis.call('HINCRBY', job, 'dropped', dropped) end
  if #events == 0 or seq <= tonumber(redis.call('HGET', job, 'seq') or 0) then return end
  redis.call('RPUSH', base .. 'progress:' .. id, unpack(events))
  redis.call('LTRIM', base .. 'progress:' .. id, -capacity, -1)
  redis.call('HSET', job, 'seq', seq, 'progress', newest)
end
`;

/**
 * The body of a script: takes a job from the state that was read to the next one, unless another was faster, or the attempt
 * that asks was given up. Answers { 'done', who holds the key now }, or why not: `gone`, `changed`, `fenced`.
 *
 * A commit carries a token, since a command is sent again when the connection went before its answer.
 */
export const commitment = `${appendEvents}
local id, rev, fence, token = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local state, status, wasStatus, rest, stop, kind = ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10]
local newFence, result, hasResult, discard = ARGV[11], ARGV[12], ARGV[13], ARGV[14]
local seq, newest, dropped, capacity = tonumber(ARGV[15]), ARGV[16], tonumber(ARGV[17]), tonumber(ARGV[18])
local job = jobKey(id)
local known = redis.call('HMGET', job, 'rev', 'fence', 'commit', 'owner', 'key', 'keeps', 'ttl', 'maxKept')
if not known[1] then return { 'gone', '' } end
if known[3] == token then return { 'done', '' } end
if fence ~= '' and known[2] ~= fence then return { 'fenced', '' } end
if known[1] ~= rev then return { 'changed', '' } end
local owner, key = known[4], known[5]
local events = {}
for index = 19, #ARGV do events[#events + 1] = ARGV[index] end
appendEvents(id, seq, newest, dropped, capacity, events)
redis.call('HSET', job, 'state', state, 'commit', token, 'rest', rest, 'stop', stop, 'rev', rev + 1,
  'fence', newFence == '-' and (known[2] or '') or newFence)
if hasResult == '1' then redis.call('HSET', job, 'result', result) end

if wasStatus == 'queued' and status ~= 'queued' then
  redis.call('SREM', base .. 'queued', id)
  redis.call('SREM', base .. 'queued:' .. owner, id)
  redis.call('ZREM', base .. 'pending', id)
elseif wasStatus ~= 'queued' and status == 'queued' then
  redis.call('SADD', base .. 'queued', id)
  redis.call('SADD', base .. 'queued:' .. owner, id)
end
if discard == '1' then redis.call('ZADD', base .. 'discards', 'NX', time(), id) end

local nextHolder = ''
if rest == '1' then
  redis.call('SREM', base .. 'active', id)
  redis.call('SREM', base .. 'active:' .. owner, id)
  redis.call('ZREM', base .. 'discards', id)
  redis.call('HDEL', job, 'saved', known[6] == '1' and 'saved' or 'input')
  if key ~= '' then
    if redis.call('HGET', base .. 'keys', key) == id then
      local follower = redis.call('HGET', base .. 'replacer', key)
      if follower then redis.call('HDEL', base .. 'replacer', key)
      else follower = redis.call('LPOP', base .. 'waiting:' .. key) end
      if follower then
        redis.call('HSET', base .. 'keys', key, follower)
        redis.call('ZADD', base .. 'pending', time(), follower)
        nextHolder = follower
      else
        redis.call('HDEL', base .. 'keys', key)
      end
    else
      redis.call('LREM', base .. 'waiting:' .. key, 0, id)
      if redis.call('HGET', base .. 'replacer', key) == id then redis.call('HDEL', base .. 'replacer', key) end
    end
  end
  local at = time()
  redis.call('ZADD', base .. 'kept:' .. owner, string.format('%.0f', lookTime()), id)
  if known[7] ~= 'inf' then redis.call('ZADD', base .. 'expiry', at + known[7], id) end
  local over = redis.call('ZCARD', base .. 'kept:' .. owner) - tonumber(known[8])
  if over > 0 then
    for _, old in ipairs(redis.call('ZRANGE', base .. 'kept:' .. owner, 0, over)) do
      if over > 0 and old ~= id then
        forget(old, owner, redis.call('HGET', jobKey(old), 'start') or '')
        over = over - 1
      end
    end
  end
end
if stop ~= '' and status == 'running' then redis.call('PUBLISH', base .. 'workers', 'stop ' .. id) end
if discard == '1' then redis.call('PUBLISH', base .. 'workers', 'discard ' .. id) end
tell(owner, id, kind)
return { 'done', nextHolder }
`;

export const commitScript = script('commit', commitment);
