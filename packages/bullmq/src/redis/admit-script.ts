import { bullQueue, enqueueAdded } from './bull-queue-script.ts';
import { script } from './script.ts';

/**
 * The body of a script: admits a job, or says why not; nothing is left of one that is not admitted (J3, J7, A8).
 * Where it may run at once, ARGV[11] holds what BullMQ keeps as its options, and BullMQ has it in the same step.
 *
 * Answers { what, id, other }: `given` to BullMQ, `admitted` (which has to be given), `waits` (behind the holder `other`
 * of its key, which is asked to stop where it is replaced), `known` (the job there is already), or the reason of a refusal.
 *
 * ARGV[13] is until when its caller waits, by the clock of Redis; '' is for ever. A start that Redis comes to later, since it
 * hung or was away, is `late`: whoever asked for it was told that it failed. Fields of the record follow from ARGV[14] on.
 *
 * Uses `bullQueue`, and has `enqueueAdded` as its conclusion.
 */
export const admission = `
local id, owner, start, print, how = ARGV[1], ARGV[2], ARGV[4], ARGV[5], ARGV[6]
local key, onConflict, maxQueued, maxActive = ARGV[7], ARGV[8], tonumber(ARGV[9]), tonumber(ARGV[10])
-- Also tells a command that was sent again from the first one.
local order = nextOrder()
if redis.call('ZADD', base .. 'owner:' .. owner, 'NX', order, id) == 0 then return { 'admitted', id, '' } end
local function refuse(why, other)
  redis.call('ZREM', base .. 'owner:' .. owner, id)
  return { why, other or '', '' }
end
if ARGV[13] ~= '' and time() > tonumber(ARGV[13]) then return refuse('late') end
if start ~= '' then
  local known = redis.call('HGET', base .. 'starts', start)
  if known then
    local at = string.find(known, ' ', 1, true)
    local knownId = string.sub(known, 1, at - 1)
    if string.sub(known, at + 1) ~= print then return refuse('reused') end
    -- With what options; of jobs of an older release nobody knows.
    local knownHow = redis.call('HGET', jobKey(knownId), 'how')
    if knownHow and knownHow ~= how then return refuse('reused') end
    if redis.call('EXISTS', jobKey(knownId)) == 1 then return refuse('known', knownId) end
  end
end
if underMaintenance() then return refuse('paused') end
local holder = key ~= '' and redis.call('HGET', base .. 'keys', key) or false
local other = ''
if holder then
  if onConflict == 'reject' then return refuse('conflict') end
  if onConflict ~= 'queue' and redis.call('HGET', jobKey(holder), 'owner') ~= owner then return refuse('conflict') end
  if onConflict == 'join' then return refuse('known', holder) end
end
if maxQueued < math.huge and count('queued') >= maxQueued then return refuse('full') end
if maxActive < math.huge and count('active ' .. owner) >= maxActive then return refuse('owner full') end
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
redis.call('HSET', jobKey(id), 'owner', owner, 'name', ARGV[3], 'rev', '0', unpack(ARGV, 14))
if start ~= '' then
  redis.call('HSET', jobKey(id), 'start', start, 'how', how)
  redis.call('HSET', base .. 'starts', start, id .. ' ' .. print)
end
countMore('queued', owner, 1)
countMore('active', owner, 1)
tell(owner, id, 'c')
if holder then return { 'waits', id, other, replaced } end
if ARGV[11] ~= '' then
  addToBull(id, ARGV[3], ARGV[11], tonumber(ARGV[12]))
  return { 'given', id, '' }
end
hasToBeGiven(id)
return { 'admitted', id, '' }
`;

export const admitScript = script('admit', admission, bullQueue, enqueueAdded);
