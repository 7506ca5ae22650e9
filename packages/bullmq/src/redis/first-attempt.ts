import { newJobState, transition } from '@offstage/core/engine';
import { storedState } from '../records/job-record.ts';

// Stand for what differs between jobs that wait for their first attempt.
const createdAt = 1_111_111_111_111;
const maxAttempts = 222_222;
const startedAt = 3_333_333_333_333;
const names = new Map([
  [String(createdAt), 'createdAt'],
  [String(maxAttempts), 'maxAttempts'],
  [String(startedAt), 'at'],
]);
const slots = new RegExp(`(${[...names.keys()].join('|')})`);

const waiting = transition(newJobState(createdAt, maxAttempts, true), {
  type: 'admitted',
  availableAt: null,
}).state;
const begun = transition(waiting, { type: 'started', at: startedAt }).state;

/** Texts at even places, and the names of what stands between them at odd ones. */
const partsOf = (text: string): readonly string[] =>
  text.split(slots).map((part, index) => (index % 2 === 0 ? part : (names.get(part) ?? '')));
const everySecond = (parts: readonly string[], first: 0 | 1): readonly string[] =>
  parts.filter((_, index) => index % 2 === first);
const escaped = (text: string): string => text.replace(/[^\w\s]/g, '%$&');

const before = partsOf(storedState(waiting));
const after = partsOf(storedState(begun));

/**
 * A function for scripts: the text of a job's state in its first attempt, made of the one in which it waits for it as
 * `transition` of core does; `nil` of any other state, for which the worker decides. So a job can begin in the step that takes it.
 */
export const firstAttempt = `
local function firstAttempt(state, at)
  local ${everySecond(before, 1).join(', ')} = string.match(state, [=[^${everySecond(before, 0).map(escaped).join('(%d+)')}$]=])
  if not createdAt or at < tonumber(createdAt) then return nil end
  return ${after.map((part, index) => (index % 2 === 0 ? `[=[${part}]=]` : part)).join(' .. ')}
end
`;
