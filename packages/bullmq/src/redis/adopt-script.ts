import { admission } from './admit-script.ts';
import { bullQueue, enqueueAdded } from './bull-queue-script.ts';
import { commitFunctions } from './commit-script.ts';
import { limitedAdmission, limits } from './limit-scripts.ts';
import { script } from './script.ts';

/*
 *   adopted   set   jobs that came from a journal which may still have them
 */

/**
 * Takes over a job that a journal has kept, under its own id; once, also where the job has gone again before its
 * journal let go of it. Takes of its own: '1' for a job that has ended, '1' for one at rest, whether its input is kept
 * then, how long and how many are kept, the newest event or ''; then what an admission takes.
 *
 * Answers as an admission does, or { 'there' } of one that was taken over before, or { 'ended' } of one that has ended.
 */
export const adoptScript = script(
  'adopt',
  `
local own = {}
for index = 1, 6 do own[index] = table.remove(ARGV, 1) end
local hasEnded, rests, keeps, ttl, maxKept, newest = unpack(own)
local id, owner, name, start, print, how, key = unpack(ARGV, 1, 7)
if redis.call('SISMEMBER', base .. 'adopted', id) == 1 or redis.call('EXISTS', jobKey(id)) == 1 then return { 'there', id, '' } end
local function admit() ${admission} end
${limitedAdmission}
local function placeEnded()
  if underMaintenance() then return { 'paused', '', '' } end
  local known = start ~= '' and redis.call('HGET', base .. 'starts', start)
  local knownId = known and string.sub(known, 1, string.find(known, ' ', 1, true) - 1)
  if known and redis.call('EXISTS', jobKey(knownId)) == 1 then return { 'known', knownId, '' } end
  redis.call('ZADD', base .. 'owner:' .. owner, nextOrder(), id)
  redis.call('HSET', jobKey(id), 'owner', owner, 'name', name, 'rev', '0', unpack(ARGV, 14))
  if start ~= '' then
    redis.call('HSET', jobKey(id), 'start', start, 'how', how)
    redis.call('HSET', base .. 'starts', start, id .. ' ' .. print)
  end
  if rests == '1' then
    redis.call('HSET', jobKey(id), 'rest', '1')
    redis.call('HDEL', jobKey(id), 'saved', keeps == '1' and 'saved' or 'input')
    keep(id, owner, ttl, maxKept)
  else
    countMore('active', owner, 1)
    if key ~= '' then redis.call('HSETNX', base .. 'keys', key, id) end
    redis.call('ZADD', base .. 'discards', time(), id)
    redis.call('PUBLISH', base .. 'workers', 'discard ' .. id)
  end
  tell(owner, id, 'c')
  return { 'ended', id, '' }
end
local answer = hasEnded == '1' and placeEnded() or admitLimited()
local what = answer[1]
if what ~= 'given' and what ~= 'admitted' and what ~= 'parked' and what ~= 'waits' and what ~= 'ended' then return answer end
redis.call('SADD', base .. 'adopted', id)
-- Of an older journal nobody knows with what options.
if start ~= '' and how == '' then redis.call('HDEL', jobKey(id), 'how') end
if newest ~= '' and rests ~= '1' then redis.call('RPUSH', base .. 'progress:' .. id, newest) end
return answer
`,
  `${bullQueue}${limits}${commitFunctions}`,
  enqueueAdded,
);
