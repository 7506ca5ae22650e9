import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type JobEvent,
  type JobState,
  nextStatuses,
  queuedState,
  transition,
} from './job-state.ts';
import { isTerminal, type JobStatus } from './job-view.ts';

const failure = { code: 'handler_failed', message: 'TypeError', reference: 'r1' };
const progressEvent = { seq: 1, at: 5, phase: 'work', percent: 50, message: '' };
const newerEvent = { ...progressEvent, seq: 2 };

const after = (...events: readonly JobEvent[]): JobState =>
  events.reduce(transition, queuedState(1));

const started: JobEvent = { type: 'started', at: 2 };
const stop = (reason: 'canceled' | 'timeout' | 'shutdown'): JobEvent => ({
  type: 'stopRequested',
  at: 3,
  reason,
});

const states = {
  queued: after(),
  running: after(started),
  'running, cancel requested': after(started, stop('canceled')),
  'running, timed out': after(started, stop('timeout')),
  'running, with progress': after(started, { type: 'progress', event: newerEvent }),
  succeeded: after(started, { type: 'returned', at: 4, result: 'r' }),
  failed: after(started, { type: 'failed', at: 4, failure }),
  canceled: after(started, { type: 'stopped', at: 4, reference: 'r0' }),
} as const;

const events = {
  started,
  'stopRequested canceled': stop('canceled'),
  'stopRequested timeout': stop('timeout'),
  'stopRequested shutdown': stop('shutdown'),
  progress: { type: 'progress', event: progressEvent },
  dropped: { type: 'dropped', count: 3 },
  'dropped none': { type: 'dropped', count: 0 },
  returned: { type: 'returned', at: 9, result: 'r' },
  stopped: { type: 'stopped', at: 9, reference: 'r9' },
  failed: { type: 'failed', at: 9, failure },
  abandoned: { type: 'abandoned', at: 9 },
} as const satisfies Record<string, JobEvent>;

const ends = {
  returned: { status: 'succeeded', result: 'r', endedAt: 9 },
  stopped: { status: 'canceled', endedAt: 9 },
  failed: { status: 'failed', failure, endedAt: 9 },
} as const;

// What each event changes; an event that is not listed changes nothing.
const table: Record<keyof typeof states, { readonly [E in keyof typeof events]?: object }> = {
  queued: {
    started: { status: 'running', startedAt: 2 },
    'stopRequested canceled': { status: 'canceled', stopReason: 'canceled', endedAt: 3 },
    'stopRequested shutdown': { status: 'canceled', stopReason: 'shutdown', endedAt: 3 },
    abandoned: { status: 'canceled', stopReason: 'shutdown', endedAt: 9 },
  },
  running: {
    'stopRequested canceled': { stopReason: 'canceled' },
    'stopRequested timeout': { stopReason: 'timeout' },
    'stopRequested shutdown': { stopReason: 'shutdown' },
    progress: { progress: progressEvent },
    dropped: { droppedReports: 3 },
    ...ends,
    abandoned: { status: 'canceled', stopReason: 'shutdown', endedAt: 9 },
  },
  'running, cancel requested': {
    progress: { progress: progressEvent },
    dropped: { droppedReports: 3 },
    ...ends,
    abandoned: { status: 'canceled', endedAt: 9 },
  },
  'running, timed out': {
    progress: { progress: progressEvent },
    dropped: { droppedReports: 3 },
    ...ends,
    stopped: {
      status: 'failed',
      endedAt: 9,
      failure: {
        code: 'timeout',
        message: 'The job ran longer than it may and was stopped.',
        reference: 'r9',
      },
    },
    abandoned: { status: 'canceled', endedAt: 9 },
  },
  'running, with progress': {
    'stopRequested canceled': { stopReason: 'canceled' },
    'stopRequested timeout': { stopReason: 'timeout' },
    'stopRequested shutdown': { stopReason: 'shutdown' },
    dropped: { droppedReports: 3 },
    ...ends,
    abandoned: { status: 'canceled', stopReason: 'shutdown', endedAt: 9 },
  },
  succeeded: {},
  failed: {},
  canceled: {},
};

const pairs = Object.keys(states).flatMap((state) =>
  Object.keys(events).map((event) => [state, event] as const),
) as readonly (readonly [keyof typeof states, keyof typeof events])[];

describe('transition', () => {
  test.each(pairs)('J1 %s, then %s', (stateName, eventName) => {
    const state = states[stateName];
    const next = transition(state, events[eventName]);
    const change = table[stateName][eventName];
    if (change === undefined) expect(next).toBe(state);
    else expect(next).toEqual({ ...state, ...change });
  });

  const anyEvents = fc.array(fc.constantFrom(...Object.values<JobEvent>(events)), {
    maxLength: 12,
  });

  test('J1 no sequence of events leaves the permitted ways, and a terminal state never changes', () => {
    fc.assert(
      fc.property(anyEvents, (sequence) => {
        let state = queuedState(1);
        for (const event of sequence) {
          const next = transition(state, event);
          if (next.status !== state.status) {
            expect(nextStatuses[state.status]).toContain(next.status);
          }
          if (isTerminal(state.status)) expect(next).toBe(state);
          state = next;
        }
      }),
    );
  });

  test('J10 result, failure and end come with the terminal status, and only then', () => {
    fc.assert(
      fc.property(anyEvents, (sequence) => {
        const state = sequence.reduce<JobState>(transition, queuedState(1));
        const status: JobStatus = state.status;
        expect(state.endedAt !== null).toBe(isTerminal(status));
        expect(state.result !== undefined).toBe(status === 'succeeded');
        expect(state.failure !== undefined).toBe(status === 'failed');
      }),
    );
  });

  test('J1 events written down and read back lead to the same state', () => {
    fc.assert(
      fc.property(anyEvents, (sequence) => {
        const replayed: JobEvent[] = JSON.parse(JSON.stringify(sequence));
        expect(replayed.reduce<JobState>(transition, queuedState(1))).toEqual(
          sequence.reduce<JobState>(transition, queuedState(1)),
        );
      }),
    );
  });
});
