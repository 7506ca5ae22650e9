import { expect, test } from 'vitest';
import { plain, type Stage, stage } from '../jobs/job-manager.test-support.ts';
import {
  type HostileOptions,
  hostileArguments,
  hostileOptions,
  isCoded,
  outcomeOf,
} from '../testing/hostile-options.ts';
import { ActivityObserver, JobListObserver } from './job-list-observer.ts';
import { JobObserver } from './job-observer.ts';
import { Poller } from './poller.ts';
import { StartObserver } from './start-observer.ts';

// What plain JavaScript passes has no types.
// biome-ignore lint/suspicious/noExplicitAny: as above.
type Untyped = any;
type Door = (given: Untyped, made: Stage, poller: Poller) => unknown;

const timing = { pollInterval: 1000, transport: 'poll', pollInBackground: true, enabled: true };
const calls = { onError: () => {} };
const filter = { status: 'queued', name: 'x', limit: 1, before: 'id', results: true };

/** Subscribes, lets it look, and leaves. */
async function looked(
  observer: { subscribe(listener: () => void): () => void },
  { clock }: Stage,
): Promise<void> {
  const leave = observer.subscribe(() => {});
  await clock.advance(3000);
  leave();
}

const doors: readonly (readonly [what: string, given: readonly HostileOptions[], door: Door])[] = [
  [
    'JobObserver',
    hostileOptions({
      ...timing,
      ...calls,
      initialData: { id: 'id' },
      maxEvents: 5,
      onLost: () => {},
      onSettled: () => {},
    }),
    (given, made, poller) => looked(new JobObserver(made.alice, 'id', given, { poller }), made),
  ],
  [
    'JobObserver, id',
    hostileArguments(),
    (given, made, poller) => looked(new JobObserver(made.alice, given, {}, { poller }), made),
  ],
  [
    'JobObserver, setOptions',
    hostileOptions({ ...timing, ...calls, maxEvents: 5 }),
    (given, made, poller) => new JobObserver(made.alice, 'id', {}, { poller }).setOptions(given),
  ],
  [
    'JobListObserver',
    hostileOptions({ ...timing, ...calls, filter: {} }),
    (given, made, poller) => looked(new JobListObserver(made.alice, given, { poller }), made),
  ],
  [
    'JobListObserver, filter',
    hostileOptions(filter),
    (given, made, poller) =>
      looked(new JobListObserver(made.alice, { filter: given }, { poller }), made),
  ],
  [
    'JobListObserver, setOptions',
    hostileOptions({ ...timing, ...calls }),
    (given, made, poller) => new JobListObserver(made.alice, {}, { poller }).setOptions(given),
  ],
  [
    'ActivityObserver',
    hostileOptions({ ...timing, ...calls }),
    (given, made, poller) => looked(new ActivityObserver(made.alice, given, { poller }), made),
  ],
];

test.each(doors)(
  'F1 U3 %s: what throws or is none is a coded error, and nothing is watched on',
  async (_, table, door) => {
    const faults: string[] = [];
    for (const { name, options } of table) {
      // A callback that throws is told as an uncaught error, as its own.
      if (/^on\w+ is a function that throws$/.test(name)) continue;
      const made = stage();
      const poller = new Poller(made.alice, { clock: made.clock });
      const outcome = await outcomeOf(() => door(options, made, poller), 500);
      if (!isCoded(outcome)) faults.push(`${name}: ${outcome}`);
      if (poller.size + made.clock.pending > 0) faults.push(`${name}: left ${poller.size}`);
      if (made.alice.version !== '') faults.push(`${name}: left an entry`);
    }
    expect(faults).toEqual([]);
  },
);

test.each([
  ['definition', hostileOptions({ ...plain })],
  ['options', hostileOptions({ exclusivityKey: 'k', idempotencyKey: 'i' })],
] as const)(
  'F1 U2 StartObserver, %s: what throws or is none is a coded error, and the next start goes on',
  async (what, table) => {
    const faults: string[] = [];
    for (const { name, options } of table) {
      const { alice } = stage();
      const given: Untyped = options;
      const starter = new StartObserver(alice, what === 'definition' ? given : plain);
      const outcome = await outcomeOf(() =>
        starter.start(1, what === 'options' ? given : undefined),
      );
      if (!isCoded(outcome)) faults.push(`${name}: ${outcome}`);
      if (starter.getSnapshot().isPending) faults.push(`${name}: pending`);
      starter.setDefinition(plain);
      const next = await outcomeOf(() => starter.start(2));
      if (next !== 'fine') faults.push(`${name}: no further start: ${next}`);
    }
    expect(faults).toEqual([]);
  },
);
