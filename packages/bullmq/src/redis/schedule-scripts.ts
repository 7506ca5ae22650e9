import { admission } from './admit-script.ts';
import { bullQueue, enqueueAdded } from './bull-queue-script.ts';
import { limitedAdmission, limits } from './limit-scripts.ts';
import { script } from './script.ts';

/*
 *   schedules        hash    what is known of a schedule, by its part of keys
 *   scheduleRevs     zset    the revision of each; names those that changed since another one
 *   scheduleRev      number  counts the changes of all
 *   watchers         zset    managers that wait for ticks, by when their word lapses
 *   watchedSince     number  since when there was always one of them
 */
const keeping = `
local function keep(id, bytes)
  local rev = redis.call('INCR', base .. 'scheduleRev')
  redis.call('HSET', base .. 'schedules', id, bytes)
  redis.call('ZADD', base .. 'scheduleRevs', rev, id)
  redis.call('PUBLISH', base .. 'schedules', 'c')
end
`;

/**
 * What changed since a revision, for one that waits for ticks. Answers { since when somebody always did,
 * how many schedules there are, then of each that changed: its part of keys, its revision, what it is }.
 */
export const syncSchedulesScript = script(
  'sync schedules',
  `
local token, at, forMs, known = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
redis.call('ZREMRANGEBYSCORE', base .. 'watchers', '-inf', at)
if redis.call('ZCARD', base .. 'watchers') == 0 then redis.call('SET', base .. 'watchedSince', ARGV[2]) end
redis.call('ZADD', base .. 'watchers', at + forMs, token)
local answer = { redis.call('GET', base .. 'watchedSince'), redis.call('ZCARD', base .. 'scheduleRevs') }
local changed = redis.call('ZRANGEBYSCORE', base .. 'scheduleRevs', '(' .. known, '+inf', 'WITHSCORES')
for index = 1, #changed, 2 do
  answer[#answer + 1] = changed[index]
  answer[#answer + 1] = changed[index + 1]
  answer[#answer + 1] = redis.call('HGET', base .. 'schedules', changed[index])
end
return answer
`,
);

/** Puts a schedule in the place of the one that was read, of none where that is ''; or takes it away. */
export const saveScheduleScript = script(
  'save schedule',
  `
local id, rev = ARGV[1], ARGV[2]
if (redis.call('ZSCORE', base .. 'scheduleRevs', id) or '') ~= rev then return 'changed' end
if ARGV[3] then
  keep(id, ARGV[3])
else
  redis.call('HDEL', base .. 'schedules', id)
  redis.call('ZREM', base .. 'scheduleRevs', id)
  redis.call('PUBLISH', base .. 'schedules', 'c')
end
return 'ok'
`,
  keeping,
);

/**
 * Decides a tick, and starts its job in the same step, so that of all who saw the tick one does and the
 * others learn that the schedule has \`changed\`. Takes seven of its own before what an admission takes.
 *
 * Answers as an admission does, or { 'changed' | 'missed' | 'failed' | 'still_running' }.
 */
export const tickScript = script(
  'tick',
  `
local own = {}
for index = 1, 7 do own[index] = table.remove(ARGV, 1) end
local schedule, rev, last, kind, action, decided, started = unpack(own)
if (redis.call('ZSCORE', base .. 'scheduleRevs', schedule) or '') ~= rev then
  -- Sent again, since the connection went before the answer.
  if action == 'start' and redis.call('EXISTS', jobKey(ARGV[1])) == 1 then return { 'admitted', ARGV[1], '' } end
  return { 'changed' }
end
local before = last ~= '' and redis.call('HMGET', jobKey(last), 'rev', 'rest') or { false }
local answer
if action ~= 'start' then answer = { action }
elseif before[1] and before[2] ~= '1' then answer = { 'still_running' }
else
  local function admit() ${admission} end
  ${limitedAdmission}
  answer = admitLimited()
end
if answer[1] == 'given' or answer[1] == 'admitted' or answer[1] == 'parked' then keep(schedule, started)
elseif kind == 'tick' then keep(schedule, decided) end
return answer
`,
  `${keeping}${bullQueue}${limits}`,
  enqueueAdded,
);
