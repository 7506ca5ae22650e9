import { appendEvents } from './commit-script.ts';
import { handlerFields, named, viewFields } from './record-fields.ts';
import { script } from './script.ts';

/** How much a look brings. */
export type LookDepth = 'view' | 'handler';

/**
 * Looks at many jobs of one owner; of '*' at anybody's. For each: its fields, then the events after a
 * number where there may be any. Counts as a look for how long it is
 * kept (J13) where asked.
 */
export const lookScript = script(
  'look',
  `
local owner, counts, depth = ARGV[1], ARGV[2], ARGV[3]
local answers = {}
for index = 4, #ARGV, 2 do
  local id, after = ARGV[index], ARGV[index + 1]
  local known
  if depth == 'handler' then known = redis.call('HMGET', jobKey(id), ${named([...viewFields, ...handlerFields])})
  else known = redis.call('HMGET', jobKey(id), ${named(viewFields)}) end
  if not known[1] or (owner ~= '*' and known[1] ~= owner) then
    answers[#answers + 1] = false
  else
    if counts == '1' and known[6] == '1' then
      -- A Redis that is full, or read-only for now, is read all the same.
      redis.pcall('ZADD', base .. 'kept:' .. known[1], 'XX', lookTime(), id)
      local ttl = cjson.decode(known[2]).ttl
      if ttl ~= 'inf' then redis.pcall('ZADD', base .. 'expiry', 'XX', time() + ttl, id) end
    end
    local events = {}
    if after ~= '-' and tonumber(known[7] or 0) > tonumber(after) then
      events = redis.call('LRANGE', base .. 'progress:' .. id, 0, -1)
    end
    answers[#answers + 1] = { known, events }
  end
end
return answers
`,
);

/** Progress of an attempt. Answers { 'ok' | 'fenced' | 'gone', why it was asked to stop }. */
export const progressScript = script(
  'progress',
  `
local id, fence = ARGV[1], ARGV[2]
local known = redis.call('HMGET', jobKey(id), 'fence', 'stop', 'owner')
if not known[3] then return { 'gone', '' } end
if known[1] ~= fence then return { 'fenced', '' } end
local events = {}
for index = 7, #ARGV do events[#events + 1] = ARGV[index] end
appendEvents(id, tonumber(ARGV[3]), ARGV[7 + #events - 1] or '', tonumber(ARGV[4]), tonumber(ARGV[5]), events)
tell(known[3], id, 'p')
return { 'ok', known[2] or '' }
`,
  appendEvents,
);

/** Keeps what an attempt saves (A10). */
export const saveScript = script(
  'save',
  `
local known = redis.call('HGET', jobKey(ARGV[1]), 'fence')
if not known then return 'gone' end
if known ~= ARGV[2] then return 'fenced' end
redis.call('HSET', jobKey(ARGV[1]), 'saved', ARGV[3])
return 'ok'
`,
);

/** How attempts stand: for each id and fence, `ok`, `gone`, `fenced`, or `stop:` and why. */
export const beatScript = script(
  'beat',
  `
local answers = {}
for index = 1, #ARGV, 2 do
  local known = redis.call('HMGET', jobKey(ARGV[index]), 'fence', 'stop')
  local answer = 'ok'
  if not known[1] then answer = 'gone'
  elseif known[1] ~= ARGV[index + 1] then answer = 'fenced'
  elseif known[2] and known[2] ~= '' then answer = 'stop:' .. known[2] end
  answers[#answers + 1] = answer
end
return answers
`,
);

/** Releases a job at rest; 1 once, then 0 (J12). */
export const consumeScript = script(
  'consume',
  `
local known = redis.call('HMGET', jobKey(ARGV[1]), 'owner', 'rest', 'start')
if not known[1] or known[1] ~= ARGV[2] or known[2] ~= '1' then return 0 end
forget(ARGV[1], known[1], known[3] or '')
return 1
`,
);

/** Releases what has expired, a hundred at a time; answers what names all that Redis has, and then whom (J13). */
export const expireScript = script(
  'expire',
  `
local gone = redis.call('ZRANGEBYSCORE', base .. 'expiry', '-inf', time(), 'LIMIT', 0, 100)
for _, id in ipairs(gone) do
  local known = redis.call('HMGET', jobKey(id), 'owner', 'start')
  if known[1] then forget(id, known[1], known[2] or '') else redis.call('ZREM', base .. 'expiry', id) end
end
return { redis.call('GET', base .. 'birth') or '', unpack(gone) }
`,
);

/** Jobs that BullMQ should have been given a while ago; each is answered to one who asks. */
export const overdueScript = script(
  'overdue',
  `
local at = time()
local ids = redis.call('ZRANGEBYSCORE', base .. 'pending', '-inf', at - tonumber(ARGV[1]), 'LIMIT', 0, 100)
for _, id in ipairs(ids) do redis.call('ZADD', base .. 'pending', at, id) end
return ids
`,
);

/**
 * BullMQ has been given jobs: takes each, and since when it had to be, as it was read before; or '*'. One that has to be given once more
 * since then stays.
 */
export const givenScript = script(
  'given',
  `
for index = 1, #ARGV, 2 do
  local id, since = ARGV[index], ARGV[index + 1]
  if since == '*' or redis.call('ZSCORE', base .. 'pending', id) == since then redis.call('ZREM', base .. 'pending', id) end
end
return 'ok'
`,
);

/**
 * Takes one discard that may run, for a while: who takes it and dies leaves it to the next. Takes how long a claim holds, the
 * taker's text and the names that it has handlers for. The same text is answered the same, as a command is sent again when the connection
 * went before its answer. A claim that has lapsed is asked for first: Redis may have refused what its holder had to write.
 */
export const takeDiscardScript = script(
  'take discard',
  `
local at, claimMs, taker = time(), tonumber(ARGV[1]), ARGV[2]
local taken = redis.call('GET', base .. 'discarder:' .. taker)
if taken then return taken end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', base .. 'discards', '-inf', at, 'LIMIT', 0, 20)) do
  local known = redis.call('HMGET', jobKey(id), 'name', 'discarder')
  if not known[1] then
    redis.call('ZREM', base .. 'discards', id)
  else
    for index = 3, #ARGV do
      if ARGV[index] == known[1] then
        if known[2] and known[2] ~= '' then
          redis.call('ZADD', base .. 'discards', at + math.floor(claimMs / 2), id)
          redis.call('HSET', jobKey(id), 'discarder', '')
          break
        end
        redis.call('SET', base .. 'discarder:' .. taker, id, 'PX', math.max(claimMs, 60000))
        redis.call('ZADD', base .. 'discards', at + claimMs, id)
        redis.call('HSET', jobKey(id), 'discarder', taker)
        return id
      end
    end
  end
end
return ''
`,
);

/** Holds a discard for longer, unless it has ended or another one has taken it. */
export const holdDiscardScript = script(
  'hold discard',
  `
local claimMs, taker, id = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local known = redis.call('HGET', jobKey(id), 'discarder')
if known ~= taker and known ~= '' then return 0 end
if not redis.call('ZSCORE', base .. 'discards', id) then return 0 end
redis.call('ZADD', base .. 'discards', time() + claimMs, id)
redis.call('HSET', jobKey(id), 'discarder', taker)
return 1
`,
);

/** Leaves a discard to whoever takes it next, at once: its taker goes away. */
export const leaveDiscardScript = script(
  'leave discard',
  `
local taker, id = ARGV[1], ARGV[2]
redis.call('DEL', base .. 'discarder:' .. taker)
if redis.call('HGET', jobKey(id), 'discarder') ~= taker then return 0 end
if not redis.call('ZSCORE', base .. 'discards', id) then return 0 end
redis.call('ZADD', base .. 'discards', time(), id)
redis.call('HSET', jobKey(id), 'discarder', '')
tellOn('workers', 'discard')
return 1
`,
);

/** What stands in the way of new jobs: of one owner, or of all (J15). */
export const activityScript = script(
  'activity',
  `
local of = ARGV[1]
redis.call('ZREMRANGEBYSCORE', base .. 'foreground', '-inf', time())
return {
  count('queued' .. of),
  count('active' .. of),
  redis.call('ZCARD', base .. 'foreground'),
  redis.call('EXISTS', base .. 'maintenance'),
}
`,
);

/** Takes or renews a lease: `ok`, `lapsed`, or what stands in the way: { active jobs, leases, maintenance }. */
export const leaseScript = script(
  'lease',
  `
local what, token, forMs, renews = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local at = time()
redis.call('ZREMRANGEBYSCORE', base .. 'foreground', '-inf', at)
local function inTheWay(held)
  return { math.max(0, count('active')), redis.call('ZCARD', base .. 'foreground'), held }
end
if what == 'foreground' then
  if renews == '0' and redis.call('EXISTS', base .. 'maintenance') == 1 then return inTheWay(1) end
  redis.call('ZADD', base .. 'foreground', at + forMs, token)
  return 'ok'
end
local holder = redis.call('GET', base .. 'maintenance')
if holder and holder ~= token then return inTheWay(1) end
if renews == '0' then
  local others = inTheWay(0)
  if others[1] > 0 or others[2] > 0 then return others end
elseif not holder then
  return 'lapsed'
end
redis.call('SET', base .. 'maintenance', token, 'PX', forMs)
return 'ok'
`,
);

export const unleaseScript = script(
  'unlease',
  `
redis.call('ZREM', base .. 'foreground', ARGV[1])
if redis.call('GET', base .. 'maintenance') == ARGV[1] then redis.call('DEL', base .. 'maintenance') end
return 'ok'
`,
);
