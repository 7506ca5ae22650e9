import { defineJob } from './job-definition.ts';
import { memoryScheduleStore, type ScheduleStore } from './schedule-store.ts';
import { type ScheduleEngine, type ScheduleEvent, Schedules } from './schedules.ts';
import { type ShiftingClock, shiftingClock } from './shifting-clock.test-support.ts';

const text = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value: unknown) =>
      typeof value === 'object' ? { value } : { issues: [{ message: 'not an object' }] },
  },
} as const;

export const ingest = defineJob({ name: 'ingest', input: text, result: text, phases: ['run'] });

export interface StartedJob {
  readonly id: string;
  readonly owner: string;
  readonly input: unknown;
  readonly scheduleId: string;
  readonly tickAt: number | null;
  /** When it was started, by the wall clock. */
  readonly at: string;
  active: boolean;
}

/** Schedules over a store and a clock that outlive them, and an engine that notes what it is told. */
export function scheduleStage(start: string) {
  const clock: ShiftingClock = shiftingClock(start);
  const store: ScheduleStore = memoryScheduleStore();
  const jobs: StartedJob[] = [];
  const events: ScheduleEvent[] = [];
  const engine: ScheduleEngine = {
    definition: (name) => (stage.known && name === ingest.name ? ingest : undefined),
    async start(owner, definition, input, { scheduleId, tickAt }) {
      if (stage.refusal !== undefined) throw stage.refusal;
      const id = `${definition.name}-${jobs.length + 1}`;
      const at = new Date(clock.now()).toISOString();
      jobs.push({ id, owner, input, scheduleId, tickAt, at, active: stage.holdJobs });
      return id;
    },
    isActive: (owner, id) => jobs.some((job) => job.id === id && job.owner === owner && job.active),
    tell: (event) => void events.push(event),
  };
  const open = (): Schedules => new Schedules({ engine, store, clock });
  const stage = {
    clock,
    store,
    jobs,
    events,
    /** Jobs end at once unless this is set. */
    holdJobs: false,
    refusal: undefined as Error | undefined,
    known: true,
    schedules: open(),
    /** When jobs were started, as `tickAt` says. */
    get ticks(): string[] {
      return jobs.map(({ tickAt }) => new Date(tickAt ?? 0).toISOString());
    },
    told(type: ScheduleEvent['type']): ScheduleEvent[] {
      return events.filter((event) => event.type === type);
    },
    /** The process ends, and another begins with what was kept. */
    async restart(afterMs = 0): Promise<void> {
      await stage.schedules.close();
      await clock.advance(afterMs);
      stage.schedules = open();
      await stage.schedules.open();
      await clock.advance(0);
    },
  };
  return stage;
}

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

export const berlinAt = (cron: string) =>
  ({ cron, timezone: 'Europe/Berlin', definition: ingest, input: {}, owner: 'system' }) as const;

export const every = (everyMs: number) =>
  ({ everyMs, definition: ingest, input: {}, owner: 'system' }) as const;
