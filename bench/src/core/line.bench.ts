import { type DueMember, Waiting } from '../../../packages/core/src/jobs/due.ts';
import { Limits, readLimits } from '../../../packages/core/src/jobs/limits.ts';
import { Line, type LineMember } from '../../../packages/core/src/jobs/line.ts';
import { collect, interleave, median, pairedRatio, perSecond } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';

class Member implements LineMember<Member>, DueMember {
  previous: Member | undefined;
  next: Member | undefined;
  lane: LineMember<Member>['lane'];
  order = 0;
  heapIndex = -1;
  dueAt = 0;
  dueOrder = 0;
  dueByWall = false;
  readonly name: string;
  readonly owner: string;
  readonly priority: number;

  constructor(name: string, owner: string, priority: number) {
    this.name = name;
    this.owner = owner;
    this.priority = priority;
  }
}

const clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule: () => ({ cancel() {} }),
};

const waiting = 100_000;
const stepsPerRound = 50_000;
const rounds = 9;

/** How the members of a line differ: a name, an owner and a priority for each number. */
type Kind = (n: number) => Member;

const limits = readLimits({
  slow: { concurrency: 5 },
  each: { perOwner: 1 },
  rare: { rate: { max: 100, perMs: 1000 } },
});
const limited = [...limits.keys(), 'free'];

const kinds: Readonly<Record<string, Kind>> = {
  'one owner': () => new Member('job', 'alice', 0),
  '10,000 owners': (n) => new Member('job', `owner ${n % 10_000}`, 0),
  '10,000 priorities': (n) => new Member('job', 'alice', n % 10_000),
  '10,000 owners of a name at its limit': (n) => new Member('slow', `owner ${n % 10_000}`, 0),
  '10,000 owners, ten priorities, four names, limits': (n) =>
    new Member(limited[n % limited.length] ?? '', `owner ${n % 10_000}`, n % 10),
};

/**
 * A line in use: one joins, the oldest of five that run ends, and the next begins in its place. Names
 * and owners at their limits close and open on the way.
 */
function inUse(kind: Kind, length: number): () => Promise<number> {
  const line = new Line<Member>(limits.keys());
  const counted = new Limits(limits, { clock, gates: line, onOpen: () => {} });
  const running: Member[] = [];
  let n = 0;
  for (; n < length; n += 1) line.push(kind(n));
  return async () => {
    const joining = Array.from({ length: stepsPerRound }, () => kind(n++));
    const startedAt = performance.now();
    for (const member of joining) {
      line.push(member);
      const ended = running.length < 5 ? undefined : running.shift();
      if (ended !== undefined) counted.ended(ended.name, ended.owner);
      const taken = line.take();
      if (taken === undefined) continue;
      counted.begun(taken.name, taken.owner);
      running.push(taken);
    }
    return (stepsPerRound / (performance.now() - startedAt)) * 1000;
  };
}

async function againstEmpty(name: string, kind: Kind): Promise<Row> {
  const { full, empty } = await interleave(rounds, {
    full: inUse(kind, waiting),
    empty: inUse(kind, 0),
  });
  // As time, so that more is worse, as in the target.
  const ratio = pairedRatio(empty, full);
  return {
    measure: `line: join, begin and end with 100,000 waiting, ${name}, against an empty line`,
    ours: perSecond(median(full)),
    peer: perSecond(median(empty)),
    ratio,
    target: 'at most 2 times as long',
    pass: ratio <= 2,
  };
}

const heapBytes = (): number => {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
};

/** Beyond the members' own fields: with and without waiting. */
function delayed(): Row {
  let timers = 0;
  const counting = {
    ...clock,
    schedule() {
      timers += 1;
      return {
        cancel() {
          timers -= 1;
        },
      };
    },
  };
  const before = heapBytes();
  const members = Array.from({ length: waiting }, () => new Member('job', 'alice', 0));
  const due = new Waiting<Member>(counting, () => {});
  for (const [n, member] of members.entries()) due.add(member, { afterMs: 1000 + n });
  const bytes = (heapBytes() - before) / due.size;
  return {
    measure: `100,000 delayed: memory of each, its member included; timers alive: ${timers}`,
    ours: `${bytes.toFixed(0)} B`,
    peer: '',
    ratio: null,
    target: 'under 1,024 B, one timer',
    pass: bytes < 1024 && timers === 1,
  };
}

const bench: Bench = {
  name: 'Who waits',
  async run() {
    const rows: Row[] = [delayed()];
    for (const [name, kind] of Object.entries(kinds)) rows.push(await againstEmpty(name, kind));
    return rows;
  },
};
export default bench;

await runAlone(import.meta, bench);
