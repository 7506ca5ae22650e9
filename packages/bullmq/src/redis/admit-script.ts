import { script } from './script.ts';

/**
 * The body of a script: admits a job, or says why not; nothing is left of one that is not admitted (J3, J7, A8).
 *
 * Answers { what, id, other }: `admitted`, `waits` (behind the holder `other` of its key, which is asked to
 * stop where it is replaced), `known` (the job there is already), or the reason of a refusal.
 *
 * Fields of the record follow from ARGV[10] on; `how` is the first where the start has a key of its own.
 */
export const admission = `
local id, owner, name, start, print, key, onConflict = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local maxQueued, maxActive = tonumber(ARGV[8]), tonumber(ARGV[9])
if redis.call('EXISTS', jobKey(id)) == 1 then return { 'admitted', id, '' } end
if start ~= '' then
  local known = redis.call('HGET', base .. 'starts', start)
  if known then
    local at = string.find(known, ' ', 1, true)
    local knownId = string.sub(known, 1, at - 1)
    if string.sub(known, at + 1) ~= print then return { 'reused', '', '' } end
    -- With what options; of jobs of an older release nobody knows.
    local how = redis.call('HGET', jobKey(knownId), 'how')
    if how and how ~= ARGV[11] then return { 'reused', '', '' } end
    if redis.call('EXISTS', jobKey(knownId)) == 1 then return { 'known', knownId, '' } end
  end
end
if redis.call('EXISTS', base .. 'maintenance') == 1 then return { 'paused', '', '' } end
local holder = key ~= '' and redis.call('HGET', base .. 'keys', key) or false
local other = ''
if holder then
  if onConflict == 'reject' then return { 'conflict', '', '' } end
  if onConflict ~= 'queue' and redis.call('HGET', jobKey(holder), 'owner') ~= owner then
    return { 'conflict', '', '' }
  end
  if onConflict == 'join' then return { 'known', holder, '' } end
end
if redis.call('SCARD', base .. 'queued') >= maxQueued then return { 'full', '', '' } end
if redis.call('SCARD', base .. 'active:' .. owner) >= maxActive then return { 'owner full', '', '' } end

local replaced = ''
if key ~= '' and not holder then
  redis.call('HSET', base .. 'keys', key, id)
elseif holder and onConflict == 'queue' then
  redis.call('RPUSH', base .. 'waiting:' .. key, id)
elseif holder then
  other = holder
  local former = redis.call('HGET', base .. 'replacer', key)
  if former then
    redis.call('LPUSH', base .. 'waiting:' .. key, former)
    replaced = former
  end
  redis.call('HSET', base .. 'replacer', key, id)
end
local order = redis.call('INCR', base .. 'order')
redis.call('HSET', jobKey(id), 'owner', owner, 'name', name, 'start', start, 'key', key, 'rev', 0, 'fence', '', 'rest', 0, unpack(ARGV, 10))
redis.call('ZADD', base .. 'owner:' .. owner, order, id)
for _, set in ipairs({ 'queued', 'active' }) do
  redis.call('SADD', base .. set, id)
  redis.call('SADD', base .. set .. ':' .. owner, id)
end
if start ~= '' then redis.call('HSET', base .. 'starts', start, id .. ' ' .. print) end
tell(owner, id, 'c')
if holder then return { 'waits', id, other, replaced } end
redis.call('ZADD', base .. 'pending', time(), id)
return { 'admitted', id, '' }
`;

export const admitScript = script('admit', admission);
