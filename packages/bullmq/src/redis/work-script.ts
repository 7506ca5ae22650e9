import { kindOfNews } from '../records/news-kinds.ts';
import { bullQueue } from './bull-queue-script.ts';
import { commitFunctions, commitment } from './commit-script.ts';
import { firstAttempt } from './first-attempt.ts';
import { handlerFields, named, viewFields } from './record-fields.ts';
import { script } from './script.ts';

/** What of BullMQ's job comes with it, in this order. */
export const bullFields = [
  'name',
  'ats',
  'opts',
  'timestamp',
  'atm',
  'stc',
  'defa',
  'stacktrace',
  'progress',
] as const;

// How many jobs are taken at once holds Redis up for as long as that takes.
const mostTaken = 128;

const functions = `
${commitFunctions}
${bullQueue}
${firstAttempt}
local function commit(ARGV) ${commitment} end

local ended, endedAt, keptCompleted = {}, 0, 0
-- Answers 0, or BullMQ's own number for what is in the way.
local function completeInBull(id, lock, made, at, keeps)
  local job = bull .. id
  local holder = redis.call('GET', job .. ':lock')
  if holder ~= lock then
    -- It may be sent again, since the connection went before the answer.
    if redis.call('HEXISTS', job, 'finishedOn') == 1 then return 0 end
    return holder and -6 or -2
  end
  if redis.call('LREM', bull .. 'active', -1, id) == 0 then return -3 end
  -- Before what is told here, which stays.
  if #ended == 0 then redis.call('XTRIM', bull .. 'events', 'MAXLEN', '~', mostEvents()) end
  redis.call('HSET', job, 'returnvalue', 'null', 'finishedOn', at, 'atm', made)
  redis.call('XADD', bull .. 'events', '*', 'event', 'completed', 'jobId', id, 'returnvalue', 'null', 'prev', 'active')
  ended[#ended + 1] = id
  endedAt, keptCompleted = at, keeps
  return 0
end
local function removeOldest()
  local completed = bull .. 'completed'
  local old, keys = redis.call('ZREVRANGE', completed, keptCompleted, -1), {}
  for _, id in ipairs(old) do
    for _, part in ipairs({ '', ':logs', ':dependencies', ':processed', ':failed', ':unsuccessful' }) do
      keys[#keys + 1] = bull .. id .. part
    end
    if #keys >= 600 or id == old[#old] then
      redis.call('DEL', unpack(keys))
      keys = {}
    end
  end
  if #old > 0 then redis.call('ZREMRANGEBYRANK', completed, 0, -(keptCompleted + 1)) end
end
local function concludeEnded()
  if #ended == 0 then return end
  local locks, members = {}, {}
  for index, id in ipairs(ended) do
    locks[index] = bull .. id .. ':lock'
    members[2 * index - 1], members[2 * index] = endedAt, id
  end
  redis.call('DEL', unpack(locks))
  redis.call('SREM', bull .. 'stalled', unpack(ended))
  redis.call('ZADD', bull .. 'completed', unpack(members))
  removeOldest()
end

local takes = {}
-- Where nothing but the worker is needed, the attempt begins here; answers when, or ''.
local function beginFirst(id, name, known, take, mark)
  local owner, state, isLimited = known[1], known[3], known[#known]
  if not owner or not state or not name or isLimited then return '' end
  if not string.find(take.names, '\\n' .. name .. '\\n', 1, true) then return '' end
  local at = time()
  local begun = firstAttempt(state, at)
  if not begun then return '' end
  redis.call('HSET', jobKey(id), 'state', begun, 'rev', mark, 'fence', mark)
  countMore('queued', owner, -1)
  tell(owner, id, '${kindOfNews.started}')
  return tostring(at)
end
-- The locks and fences of those after the first are told apart by their number.
local function begin(id, score, take)
  local job, number = bull .. id, #take.answer
  local suffix = number == 1 and '' or '+' .. number
  redis.call('SET', job .. ':lock', take.lock .. suffix, 'PX', take.lockMs)
  redis.call('XADD', bull .. 'events', '*', 'event', 'active', 'jobId', id, 'prev', 'waiting')
  local bulls = redis.call('HMGET', job, ${named(bullFields)})
  bulls[2] = tostring(tonumber(bulls[2] or 0) + 1)
  redis.call('HSET', job, 'processedOn', take.at, 'ats', bulls[2])
  local known = redis.call('HMGET', jobKey(id), ${named([...viewFields, ...handlerFields])}, 'limited')
  return { id, score, bulls, known, beginFirst(id, bulls[1], known, take, take.mark .. suffix) }
end
local function leaveToBull()
  for _, take in ipairs(takes) do take.answer[1] = 'bull' end
end
local function concludeTakes()
  if #takes == 0 then return end
  local settings = queueMeta()
  if settings[1] then return end
  -- What is rare, BullMQ's own script does.
  if settings[2] or settings[3] or redis.call('LLEN', bull .. 'wait') > 0 then return leaveToBull() end
  local at = takes[1].at
  local delayed = redis.call('ZRANGE', bull .. 'delayed', 0, 0, 'WITHSCORES')[2]
  if delayed and tonumber(delayed) < (at + 1) * 0x1000 then return leaveToBull() end
  local wanted, most = 0, 0
  for _, take in ipairs(takes) do
    wanted = math.min(wanted + take.most, ${mostTaken})
    most = math.max(most, take.most)
  end
  local popped, next, ids = redis.call('ZPOPMIN', bull .. 'prioritized', wanted), 1, {}
  for index = 1, #popped, 2 do ids[#ids + 1] = popped[index] end
  if #ids > 0 then
    redis.call('LPUSH', bull .. 'active', unpack(ids))
    wakeWorker()
  end
  -- One for each who asks, before anybody has a second one.
  for round = 1, most do
    for _, take in ipairs(takes) do
      if round <= take.most and next <= #popped then
        -- One that cannot be read holds up no other: its lock ends, and it is looked at again.
        local isRead, job = pcall(begin, popped[next], popped[next + 1], take)
        if isRead then take.answer[#take.answer + 1] = job end
        next = next + 2
      end
    end
  end
  if #ids == wanted then return end
  redis.call('DEL', bull .. 'pc')
  if delayed then
    local due = tostring(math.floor(delayed / 0x1000))
    for _, take in ipairs(takes) do take.answer[1] = due end
  elseif #ended > 0 and #ids == 0 and redis.call('LLEN', bull .. 'active') == 0 then
    redis.call('XADD', bull .. 'events', '*', 'event', 'drained')
  end
end
`;

/**
 * What a worker asks of Redis at the end of an attempt that succeeded: the commit of our record, what BullMQ's scripts
 * do when a job is completed, and the next job with its record; or a job alone. A first attempt that waits for nothing
 * begins with it. All in one step, with those of the other attempts that end in this turn.
 *
 * Takes how many jobs it may have at most (0 for none), the text of their locks, the worker's time, how long locks hold, the names
 * that it has handlers for, each between line feeds, and the text of fences; then nothing, or the id of the job that ends, its
 * lock, how many attempts it has made, how many completed ones are kept, and what a commit takes.
 *
 * Answers { what the commit did, 0 or why BullMQ's job was left alone, what was taken }. That is { 'bull' } where BullMQ's own script
 * has to be asked, or { when the next one is due, or '0'; then of each its id, its place, BullMQ's fields, ours as they were, and when its
 * attempt began, or '' }. Who may not complete takes nothing.
 */
export const workScript = script(
  'work',
  `
local most, at = tonumber(ARGV[1]), tonumber(ARGV[3])
local committed, code, taken = {}, 0, { '0' }
if ARGV[7] then
  committed = commit({ unpack(ARGV, 11) })
  code = committed[1] == 'done' and completeInBull(ARGV[7], ARGV[8], ARGV[9], at, tonumber(ARGV[10])) or -1
end
if code == 0 and most > 0 then
  takes[#takes + 1] = { answer = taken, most = most, lock = ARGV[2], at = at, lockMs = ARGV[4], names = ARGV[5], mark = ARGV[6] }
end
return { committed, code, taken }
`,
  functions,
  'concludeEnded() concludeTakes()',
);
