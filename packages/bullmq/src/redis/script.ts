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
 *   queued[:<o>]    set     jobs that wait; of all, and of an owner
 *   active[:<o>]    set     jobs that are not at rest
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
 */
const shared = `
local base = KEYS[1]
local function time()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
-- When a job was looked at: in microseconds, since two looks within a millisecond have an order too.
local function lookTime()
  local t = redis.call('TIME')
  return t[1] * 1000000 + t[2]
end
local function jobKey(id) return base .. 'job:' .. id end
local function tell(owner, id, kind)
  redis.call('PUBLISH', base .. 'of:' .. owner, kind .. id)
  redis.call('PUBLISH', base .. 'all', kind .. id)
end
local function forget(id, owner, start)
  local who = redis.call('HMGET', jobKey(id), 'name', 'ownerId')
  redis.call('DEL', jobKey(id), base .. 'progress:' .. id)
  redis.call('ZREM', base .. 'owner:' .. owner, id)
  redis.call('ZREM', base .. 'kept:' .. owner, id)
  redis.call('ZREM', base .. 'expiry', id)
  redis.call('ZREM', base .. 'pending', id)
  redis.call('ZREM', base .. 'discards', id)
  if start ~= '' then redis.call('HDEL', base .. 'starts', start) end
  redis.call('PUBLISH', base .. 'of:' .. owner, 'r' .. id)
  redis.call('PUBLISH', base .. 'all', 'r' .. id .. ' ' .. (who[1] or '') .. ' ' .. (who[2] or ''))
end
`;

/** The arguments of a script: of any number of calls. */
export type ScriptArguments = readonly (string | number | Buffer)[];

/**
 * `body` is one call, with its arguments in ARGV. What Redis runs takes the calls of a turn one after the other, each
 * led by the number of its arguments: a call of its own costs Redis and this process several times what it does.
 * One that fails is answered by its error, and the others go on.
 */
export function script(name: string, body: string): Script {
  const source = `${shared}
local function call(ARGV)
${body}
end
local answers, at, calls = {}, 1, 0
while at <= #ARGV do
  local arguments = {}
  for index = 1, tonumber(ARGV[at]) do arguments[index] = ARGV[at + index] end
  at = at + #arguments + 1
  calls = calls + 1
  local isDone, answer = pcall(call, arguments)
  if isDone then answers[calls] = answer or false
  elseif type(answer) == 'table' then answers[calls] = answer
  else answers[calls] = redis.error_reply(tostring(answer)) end
end
return answers
`;
  return { name, source, sha: createHash('sha1').update(source).digest('hex') };
}
