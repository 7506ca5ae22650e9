/*
 * What BullMQ's scripts write of a job that waits by its priority, written by ours in the same step as the record. A
 * test holds each against BullMQ's own. Workers and queues of different releases share a queue while an
 * application is deployed, so these keys are what a major version of BullMQ promises.
 *
 * The keys of BullMQ are those of the queue: ours without `offstage:` at their end. What the calls of a run have in common
 * (the queue's settings, the next number, the sorted set, the marker that wakes a worker) is asked and written once.
 */
export const bullQueue = `
local bull = string.sub(base, 1, -10)
local meta
local function queueMeta()
  if not meta then meta = redis.call('HMGET', bull .. 'meta', 'paused', 'concurrency', 'max', 'opts.maxLenEvents') end
  return meta
end
local function mostEvents() return queueMeta()[4] or 10000 end
local function wakeWorker() redis.call('ZADD', bull .. 'marker', 0, '0') end
local added, priorities = {}, {}
local function addToBull(id, name, options, priority)
  redis.call('HSET', bull .. id, 'name', name, 'data', '{}', 'opts', options, 'timestamp', time(), 'delay', 0, 'priority', priority)
  redis.call('XADD', bull .. 'events', '*', 'event', 'added', 'jobId', id, 'name', name)
  added[#added + 1] = id
  priorities[#added] = priority
end
`;

/** The conclusion of a script that adds: the jobs come in the order of the calls. */
export const enqueueAdded = `
if #added > 0 then
  redis.call('INCRBY', bull .. 'id', #added)
  local before, members = redis.call('INCRBY', bull .. 'pc', #added) - #added, {}
  for index, id in ipairs(added) do
    members[2 * index - 1] = priorities[index] * 0x100000000 + (before + index) % 0x100000000
    members[2 * index] = id
  end
  redis.call('ZADD', bull .. 'prioritized', unpack(members))
  for _, id in ipairs(added) do
    redis.call('XADD', bull .. 'events', 'MAXLEN', '~', mostEvents(), '*', 'event', 'waiting', 'jobId', id)
  end
  local isMaxed = queueMeta()[2] and redis.call('LLEN', bull .. 'active') >= tonumber(queueMeta()[2])
  if not queueMeta()[1] and not isMaxed then wakeWorker() end
end
`;
