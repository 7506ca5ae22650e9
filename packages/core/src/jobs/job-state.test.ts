import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StopReason } from '../foundation/errors.ts';
import {
  type JobAction,
  type JobEvent,
  type JobState,
  newJobState,
  nextStatuses,
  noActions,
  transition,
} from './job-state.ts';
import { isTerminal, type JobStatus } from './job-view.ts';

const failure = { code: 'handler_failed', message: 'TypeError', reference: 'r1' };
const progressEvent = { seq: 1, at: 5, phase: 'work', percent: 50, message: '', attempt: 1 };
const newerEvent = { ...progressEvent, seq: 2 };

const step = (state: JobState, event: JobEvent): JobState => transition(state, event).state;
const after = (...events: readonly JobEvent[]): JobState =>
  events.reduce(step, newJobState(1, 2, false));
const tidyAfter = (...events: readonly JobEvent[]): JobState =>
  events.reduce(step, newJobState(1, 2, true));

const started: JobEvent = { type: 'started', at: 2 };
const retrying: JobEvent = { type: 'retrying', at: 3, availableAt: 8, failure };
const returned: JobEvent = { type: 'returned', at: 9, result: 'r' };
const abandoned: JobEvent = { type: 'abandoned', at: 9 };
const stop = (reason: StopReason): JobEvent => ({ type: 'stopRequested', at: 3, reason });

const states = {
  queued: after(),
  'queued, its handler has a discard': tidyAfter(),
  running: after(started),
  'running, asked to cancel': after(started, stop('canceled')),
  'running, asked to make room': after(started, stop('replaced')),
  'running, timed out': after(started, stop('timeout')),
  'running, with progress 2': after(started, { type: 'progress', event: newerEvent }),
  'running, its handler has a discard': tidyAfter(started),
  'queued for its second attempt': after(started, retrying),
  'running its last attempt': after(started, retrying, started),
  'succeeded, at rest': after(started, returned),
  'failed, its discard runs': tidyAfter(started, { type: 'failed', at: 4, failure }),
  'failed, at rest': after(started, { type: 'failed', at: 4, failure }),
  'canceled, at rest': after(stop('canceled')),
  'canceled, its handler goes on': after(started, abandoned),
  'canceled, its handler goes on and has a discard': tidyAfter(started, abandoned),
} as const;

const events = {
  admitted: { type: 'admitted', availableAt: null },
  'admitted with a delay': { type: 'admitted', availableAt: 7 },
  started,
  'stopRequested: canceled': stop('canceled'),
  'stopRequested: timeout': stop('timeout'),
  'stopRequested: shutdown': stop('shutdown'),
  'stopRequested: replaced': stop('replaced'),
  'progress 1': { type: 'progress', event: progressEvent },
  'progress 2': { type: 'progress', event: { ...newerEvent, at: 6 } },
  dropped: { type: 'dropped', count: 3 },
  'dropped none': { type: 'dropped', count: 0 },
  retrying,
  returned,
  stopped: { type: 'stopped', at: 9, reference: 'r9' },
  failed: { type: 'failed', at: 9, failure },
  interrupted: { type: 'interrupted', at: 9, failure },
  putBack: { type: 'putBack' },
  abandoned,
  discarded: { type: 'discarded' },
  released: { type: 'released' },
} as const satisfies Record<string, JobEvent>;

const introduction = `# The transition of jobs

Every state and every event of a job, and what has to happen: printed by the test beside
\`packages/core/src/jobs/job-state.ts\`, which fails where this file differs
(\`npx vitest run --project core job-state -u\` writes it). Jobs here have two attempts. An event that is
not in a state's table changes nothing.
`;

describe('transition', () => {
  test('J1 A1 every state and event, and what has to happen, is as docs/specs says', async () => {
    const tables = Object.entries(states).map(([name, state]) => {
      const rows = Object.entries(events).flatMap(([event, what]) => row(state, event, what));
      const body = rows.length === 0 ? ['Nothing changes it.'] : [...heading, ...rows];
      return [`## ${name}`, '', ...body, ''].join('\n');
    });
    await expect([introduction, ...tables].join('\n')).toMatchFileSnapshot(
      '../../../../docs/specs/transition.md',
    );
  });

  const anyEvents = fc.array(fc.constantFrom<JobEvent>(...Object.values(events)), {
    maxLength: 14,
  });
  const anyFirst = fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.boolean())
    .map(([attempts, discards]) => newJobState(1, attempts, discards));

  test('J1 no sequence of events leaves the permitted ways, and a terminal status never changes', () => {
    fc.assert(
      fc.property(anyFirst, anyEvents, (first, sequence) => {
        let state = first;
        for (const event of sequence) {
          const next = step(state, event);
          if (next.status !== state.status) {
            expect(nextStatuses[state.status]).toContain(next.status);
          }
          expect(next.attempt).toBeLessThanOrEqual(state.maxAttempts);
          if (isTerminal(state.status)) {
            const { isHandling, atRest } = next;
            expect(next).toEqual({ ...state, isHandling, atRest });
          }
          state = next;
        }
      }),
    );
  });

  test('J1 A1 a job that is said no more of has one attempt and no discard', () => {
    expect(newJobState(1)).toEqual(newJobState(1, 1, false));
  });

  test('J1 nothing follows a terminal status', () => {
    for (const [status, following] of Object.entries(nextStatuses)) {
      expect(following.length === 0, status).toBe(isTerminal(status as JobStatus));
    }
  });

  test('J9 J7 a job is discarded at most once, and comes to rest at most once, after its discard', () => {
    fc.assert(
      fc.property(anyFirst, anyEvents, (first, sequence) => {
        const done: JobAction['type'][] = [];
        let state = first;
        for (const event of sequence) {
          const next = transition(state, event);
          done.push(...next.actions.map(({ type }) => type));
          state = next.state;
        }
        const discards = done.filter((type) => type === 'discard').length;
        const rests = done.filter((type) => type === 'releaseKey').length;
        expect(discards).toBeLessThanOrEqual(state.discards ? 1 : 0);
        expect(rests).toBe(state.atRest ? 1 : 0);
        if (rests === 1 && discards === 1) {
          expect(done.indexOf('discard')).toBeLessThan(done.indexOf('releaseKey'));
        }
      }),
    );
  });

  test('J10 result, failure and end come with the terminal status, and only then', () => {
    fc.assert(
      fc.property(anyFirst, anyEvents, (first, sequence) => {
        const { status, endedAt, result, failure: why } = sequence.reduce(step, first);
        expect(endedAt !== null).toBe(isTerminal(status));
        expect(result !== undefined).toBe(status === 'succeeded');
        expect(why !== undefined).toBe(status === 'failed');
      }),
    );
  });

  test('J1 E5 F6 the times of a job are in order, whatever the clocks say', () => {
    const anyTimes = fc.array(
      fc.tuple(fc.constantFrom<JobEvent>(...Object.values(events)), fc.integer()),
      { maxLength: 14 },
    );
    fc.assert(
      fc.property(anyFirst, anyTimes, (first, sequence) => {
        const { createdAt, startedAt, endedAt } = sequence
          .map(([event, at]) => ('at' in event ? { ...event, at } : event))
          .reduce(step, first);
        const times = [createdAt, startedAt, endedAt].filter((at) => at !== null);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
      }),
    );
  });

  test('J1 events written down and read back lead to the same state and actions', () => {
    fc.assert(
      fc.property(anyFirst, anyEvents, (first, sequence) => {
        const replayed: JobEvent[] = JSON.parse(JSON.stringify(sequence));
        expect(replayed.reduce(step, first)).toEqual(sequence.reduce(step, first));
      }),
    );
  });
});

const heading = ['| event | becomes | has to happen |', '|---|---|---|'];

function row(state: JobState, name: string, event: JobEvent): string[] {
  const next = transition(state, event);
  if (next.actions === noActions) {
    expect(next.state).toBe(state);
    return [];
  }
  const changes = Object.entries(next.state).flatMap(([field, value]) =>
    Object.is(value, Reflect.get(state, field)) ? [] : [`${field} ${textOf(value)}`],
  );
  const actions = next.actions.map((action) => Object.values(action).join(' '));
  return [`| ${name} | ${changes.join(', ')} | ${actions.join(', ')} |`];
}

const textOf = (value: unknown): string => {
  if (value === undefined) return 'none';
  const { code, seq } = Object(value);
  return String(code ?? seq ?? value);
};
