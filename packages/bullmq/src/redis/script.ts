import { createHash } from 'node:crypto';

/** A Lua script for any number of calls, and the hash that Redis knows it by. */
export interface Script {
  readonly name: string;
  readonly source: string;
  readonly sha: string;
}

/*
 * All keys of a queue begin with KEYS[1], so that one hash tag in the prefix holds a cluster's queue on
 * one node. What a script reads and writes, it does in one step: nobody sees half of it.
 *
 *   job:<id>        hash    the record of a job
 *   progress:<id>   list    its newest events, as JSON, oldest first
 *   owner:<o>       zset    an owner's jobs in the order of their start
 *   counts          hash    jobs that are 'queued' and 'active' (not at rest): of all, and ' ' and an owner
 *                           (what went wrong with them, `recount` mends)
 *   kept:<o>        zset    an owner's jobs at rest, by when they were last looked at
 *   expiry          zset    jobs at rest, by when they expire
 *   pending         zset    jobs that BullMQ has not been given yet, by since when
 *   discards        zset    jobs whose discard has to run, by when it may be tried (again)
 *   keys            hash    who holds an exclusivity key
 *   waiting:<key>   list    who waits for it, in order
 *   replacer        hash    who replaces its holder
 *   starts          hash    idempotency keys
 *   handlers        hash    by name, whether the handler of it discards
 *   foreground      zset    leases, by when they lapse
 *   maintenance     string  its holder; lapses by itself
 *
 * A command within a script costs Redis about two microseconds, whatever it does. So what all calls of a run
 * have in common is asked once, and written and told once, when all have been carried out.
 */
const shared = `
local base = KEYS[1]
local redisTime
local function micros()
  if not redisTime then
    local t = redis.call('TIME')
    redisTime = t[1] * 1000000 + t[2]
  end
  return redisTime
end
local function time() return math.floor(micros() / 1000) end
-- When a job was looked at: in microseconds, and one more each time, since two looks have an order.
local looks = 0
local function lookTime()
  looks = looks + 1
  return string.format('%.0f', micros() + looks)
end
-- Among those that BullMQ has to be given; when says which time it is, where a job stands there again.
local function hasToBeGiven(id) redis.call('ZADD', base .. 'pending', string.format('%.3f', micros() / 1000), id) end
local isPaused
local function underMaintenance()
  if isPaused == nil then isPaused = redis.call('EXISTS', base .. 'maintenance') == 1 end
  return isPaused
end
local newest
local function nextOrder()
  newest = (newest or tonumber(redis.call('GET', base .. 'order') or 0)) + 1
  return newest
end
local counts, changes = {}, {}
local function count(what)
  if not counts[what] then counts[what] = tonumber(redis.call('HGET', base .. 'counts', what) or 0) end
  return counts[what] + (changes[what] or 0)
end
local function countMore(what, owner, by)
  changes[what] = (changes[what] or 0) + by
  local of = what .. ' ' .. owner
  changes[of] = (changes[of] or 0) + by
end
local keptCounts = {}
local function keptOf(owner)
  if not keptCounts[owner] then keptCounts[owner] = redis.call('ZCARD', base .. 'kept:' .. owner) end
  return keptCounts[owner]
end
local function keptMore(owner, by)
  if keptCounts[owner] then keptCounts[owner] = keptCounts[owner] + by end
end
local news, channels = {}, {}
local function tellOn(channel, text)
  local told = news[channel]
  if not told then
    told = {}
    news[channel] = told
    channels[#channels + 1] = channel
  end
  told[#told + 1] = text
end
local function jobKey(id) return base .. 'job:' .. id end
local function tell(owner, id, kind)
  tellOn('of:' .. owner, kind .. id)
  tellOn('all', kind .. id)
end
local function finish()
  if newest then redis.call('SET', base .. 'order', newest) end
  for what, by in pairs(changes) do
    if by ~= 0 and redis.call('HINCRBY', base .. 'counts', what, by) == 0 then redis.call('HDEL', base .. 'counts', what) end
  end
  for _, channel in ipairs(channels) do
    redis.call('PUBLISH', base .. channel, table.concat(news[channel], '\\n'))
  end
end
local function forget(id, owner, start)
  local who = redis.call('HMGET', jobKey(id), 'name', 'spec')
  redis.call('DEL', jobKey(id), base .. 'progress:' .. id)
  redis.call('ZREM', base .. 'owner:' .. owner, id)
  keptMore(owner, -redis.call('ZREM', base .. 'kept:' .. owner, id))
  redis.call('ZREM', base .. 'expiry', id)
  redis.call('ZREM', base .. 'pending', id)
  redis.call('ZREM', base .. 'discards', id)
  if start ~= '' then redis.call('HDEL', base .. 'starts', start) end
  tellOn('of:' .. owner, 'r' .. id)
  tellOn('all', 'r' .. id .. ' ' .. (who[1] or '') .. ' ' .. (who[2] and cjson.decode(who[2]).ownerId or ''))
end
`;

/** The arguments of a script: of any number of calls. */
export type ScriptArguments = readonly (string | number | Buffer)[];

/**
 * `body` is one call, with its arguments in ARGV. What Redis runs takes the calls of a turn one after the other: a
 * call of its own costs Redis and this process several times what it does. One that fails is answered by
 * its error, and the others go on. `functions` are what the body uses, made once for all calls; `conclusion` follows
 * when all have been carried out, with what they answered in `answers`.
 */
export function script(name: string, body: string, functions = '', conclusion = ''): Script {
  const source = `${shared}${functions}
local function call(ARGV)
${body}
end
local calls, answers = cmsgpack.unpack(ARGV[1]), {}
for index = 1, #calls do
  local isDone, answer = pcall(call, calls[index])
  if isDone then answers[index] = answer or false
  elseif type(answer) == 'table' then answers[index] = answer
  else answers[index] = redis.error_reply(tostring(answer)) end
end
${conclusion}
finish()
return answers
`;
  return { name, source, sha: createHash('sha1').update(source).digest('hex') };
}
