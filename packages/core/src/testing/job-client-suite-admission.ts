import type { InputOf } from '../jobs/job-definition.ts';
import { suiteFaultyJob, suiteJob, suiteUnhandledJob } from './job-client-suite-handlers.ts';
import {
  codeOf,
  eventually,
  type JobClientTest,
  runToEnd,
  startWaiting,
  stop,
  strangeIds,
  viewThat,
} from './job-client-suite-kit.ts';
import type { SuiteRunner } from './suite-runner.ts';

type SuiteInput = InputOf<typeof suiteJob>;

/** How jobs come to be, and who may see them. */
export function jobClientAdmissionSuite({ expect }: SuiteRunner, test: JobClientTest): void {
  test('J3 J10 start resolves to the first view of a job', async ({ alice }) => {
    const view = await alice.start(suiteJob, { wait: true, end: 'cancel' });
    expect(view).toMatchObject({
      name: 'suite.job',
      phases: ['prepare', 'work'],
      attempt: 1,
      cancelRequested: false,
      endedAt: null,
      result: undefined,
      failure: undefined,
    });
    expect(['queued', 'running'].includes(view.status)).toBe(true);
    expect(Object.isFrozen(view)).toBe(true);
    expect((await alice.get(view.id))?.createdAt).toBe(view.createdAt);
    await stop(alice, view.id);
  });

  test('J3 ids are long and never alike', async ({ alice, bob }) => {
    const ids: string[] = [];
    for (let index = 0; index < 10; index++) {
      ids.push((await alice.start(suiteJob, {})).id, (await bob.start(suiteJob, {})).id);
    }
    expect(new Set(ids).size).toBe(20);
    expect(ids.every((id) => id.length >= 20)).toBe(true);
    for (const id of ids) await eventually(() => endOf(id, alice, bob));
  });

  test('J2 J3 an input off its schema starts nothing', async ({ alice }) => {
    for (const input of [{ reports: 'many' }, { end: 'never' }, 'text', null, [1]]) {
      expect(await codeOf(alice.start(suiteJob, input as SuiteInput))).toBe('invalid_input');
    }
    expect(await alice.list()).toEqual([]);
  });

  test('J2 the handler receives what the schema made of the input', async ({ alice }) => {
    expect((await runToEnd(alice, {})).result?.value).toBe('done');
    expect((await runToEnd(alice, { value: 'ä 💥' })).result?.value).toBe('ä 💥');
  });

  test('J3 a definition without a handler starts nothing', async ({ alice }) => {
    expect(await codeOf(alice.start(suiteUnhandledJob, {}))).toBe('unknown_definition');
    expect(await alice.list()).toEqual([]);
  });

  test('J3 a start that is asked for again with its key is the job that was started', async ({
    alice,
    bob,
  }) => {
    const keyed = { idempotencyKey: 'click "1" \\' };
    const input = { wait: true, end: 'cancel' } as const;
    const starts = [1, 2, 3].map(() => alice.start(suiteJob, input, keyed));
    const ids = new Set((await Promise.all(starts)).map(({ id }) => id));
    expect(ids.size).toBe(1);
    const [id = ''] = ids;
    expect(await codeOf(alice.start(suiteJob, { ...input, value: 'other' }, keyed))).toBe(
      'idempotency_key_reused',
    );
    expect(await codeOf(alice.start(suiteFaultyJob, { fault: 'public' }, keyed))).toBe(
      'idempotency_key_reused',
    );
    // Keys of two owners are two keys (J4).
    const foreign = await bob.start(suiteJob, {}, keyed);
    expect(foreign.id === id).toBe(false);
    await bob.wait(foreign.id);
    const end = await stop(alice, id);
    expect(await alice.start(suiteJob, input, keyed)).toEqual(end);
    expect((await alice.list()).map((job) => job.id)).toEqual([id]);
    // Remembered while the job is, and no longer.
    await eventually(async () => ((await alice.consume(id)) ? true : undefined));
    const next = await alice.start(suiteJob, {}, keyed);
    expect(next.id === id).toBe(false);
    await alice.wait(next.id);
  });

  test('J3 a key has any letters, and each is the key of one start', async ({ alice }) => {
    const keys = [
      ' ',
      '日本',
      'é',
      '😀',
      'a\nb\0',
      '%',
      '%22"\\',
      'k'.repeat(255),
      '"'.repeat(255),
    ];
    const ids = new Map<string, string>();
    for (const idempotencyKey of keys) {
      ids.set((await alice.start(suiteJob, {}, { idempotencyKey })).id, idempotencyKey);
    }
    expect([...ids.values()]).toEqual(keys);
    for (const [id, idempotencyKey] of ids) {
      expect((await alice.start(suiteJob, {}, { idempotencyKey })).id).toBe(id);
      await alice.wait(id);
    }
    for (const none of ['', 'k'.repeat(256), 'k'.repeat(1_000_000), '\ud800', 5, null, {}]) {
      const idempotencyKey = none as string;
      expect(await codeOf(alice.start(suiteJob, {}, { idempotencyKey }))).toBe('invalid_option');
    }
    expect((await alice.list()).length).toBe(keys.length);
  });

  test('J3 a start that failed leaves nothing of its key behind', async ({ alice }) => {
    const keyed = { idempotencyKey: 'again' };
    const bad = { reports: 'many' } as unknown as SuiteInput;
    expect(await codeOf(alice.start(suiteJob, bad, keyed))).toBe('invalid_input');
    expect(await codeOf(alice.start(suiteJob, bad, keyed))).toBe('invalid_input');
    const { id } = await alice.start(suiteJob, {}, keyed);
    await alice.wait(id);
  });

  test('J4 a foreign job cannot be told from one that does not exist', async ({ alice, bob }) => {
    const { id } = await startWaiting(alice);
    expect(await bob.get(id)).toBe(undefined);
    const nothing = { job: undefined, events: [], cursor: 3, missed: 0 };
    expect(await bob.poll(id, { after: 3 })).toEqual(nothing);
    expect(await bob.poll('nobody', { after: 3 })).toEqual(nothing);
    expect(await bob.pollMany([{ id }])).toEqual(await bob.pollMany([{ id: 'nobody' }]));
    expect(await bob.cancel(id)).toBe(false);
    expect(await bob.consume(id)).toBe(false);
    expect(await codeOf(bob.wait(id))).toBe('not_found');
    expect(await messageOf(bob.wait(id), id)).toBe(await messageOf(bob.wait('nobody'), 'nobody'));
    expect(await bob.list()).toEqual([]);
    expect((await alice.get(id))?.cancelRequested).toBe(false);
    const end = await stop(alice, id);
    expect(await bob.consume(id)).toBe(false);
    expect(await alice.get(id)).toEqual(end);
  });

  test('J4 an id that is nobody’s gets the same answers, however strange', async ({ alice }) => {
    await runToEnd(alice);
    for (const id of strangeIds) {
      expect(await alice.get(id)).toBe(undefined);
      expect(await alice.poll(id)).toEqual({ job: undefined, events: [], cursor: 0, missed: 0 });
      expect(await alice.cancel(id)).toBe(false);
      expect(await alice.consume(id)).toBe(false);
      expect(await codeOf(alice.wait(id))).toBe('not_found');
    }
    const polls = await alice.pollMany(strangeIds.map((id) => ({ id })));
    expect(polls.map(({ job }) => job)).toEqual(strangeIds.map(() => undefined));
  });

  test('J7 a key admits one job across owners, until it has ended', async ({ alice, bob }) => {
    const input = { wait: true, end: 'cancel' } as const;
    const keyed = { exclusivityKey: 'corpus' };
    const { id } = await alice.start(suiteJob, input, keyed);
    expect(await codeOf(alice.start(suiteJob, {}, keyed))).toBe('conflict');
    expect(await codeOf(bob.start(suiteJob, {}, keyed))).toBe('conflict');
    expect((await bob.list()).length).toBe(0);
    const other = await bob.start(suiteJob, {}, { exclusivityKey: 'other' });
    await bob.wait(other.id);
    await viewThat(alice, id, (view) => view.status === 'running');
    await stop(alice, id);
    // The key is free when the handler and its discard are done, which may be a moment later.
    const next = await eventually(() => bob.start(suiteJob, {}, keyed).catch(unlessConflict));
    expect((await bob.wait(next.id)).status).toBe('succeeded');
  });

  test('J7 of two starts of one key at once, one wins', async ({ alice, bob }) => {
    const start = (client: typeof alice) =>
      client.start(suiteJob, { wait: true, end: 'cancel' }, { exclusivityKey: 'corpus' });
    const starts = [start(alice), start(bob), start(alice), start(bob)];
    const codes = await Promise.all(starts.map(codeOf));
    expect(codes.toSorted()).toEqual(['conflict', 'conflict', 'conflict', 'resolved']);
    expect((await alice.list()).length + (await bob.list()).length).toBe(1);
    for (const client of [alice, bob]) {
      for (const { id } of await client.list()) await stop(client, id);
    }
  });

  test(
    'J7 a canceled queued job gives its key back',
    async ({ alice }) => {
      const first = await startWaiting(alice);
      const keyed = { exclusivityKey: 'corpus' };
      const queued = await alice.start(suiteJob, {}, keyed);
      expect((await stop(alice, queued.id)).status).toBe('canceled');
      const next = await eventually(() => alice.start(suiteJob, {}, keyed).catch(unlessConflict));
      await stop(alice, first.id);
      expect((await alice.wait(next.id)).status).toBe('succeeded');
    },
    { concurrency: 1 },
  );

  test(
    'J3 no more jobs wait than maxQueued',
    async ({ alice }) => {
      const running = await startWaiting(alice);
      const queued = await alice.start(suiteJob, {});
      expect(await codeOf(alice.start(suiteJob, {}))).toBe('queue_full');
      expect((await alice.list()).map(({ id }) => id)).toEqual([queued.id, running.id]);
      await stop(alice, running.id);
      await alice.wait(queued.id);
    },
    { concurrency: 1, maxQueued: 1 },
  );

  test(
    'J3 no owner has more active jobs than maxActivePerOwner',
    async ({ alice, bob }) => {
      const first = await startWaiting(alice);
      expect(await codeOf(alice.start(suiteJob, {}))).toBe('queue_full');
      expect((await runToEnd(bob)).status).toBe('succeeded');
      await stop(alice, first.id);
      const next = await eventually(() => alice.start(suiteJob, {}).catch(unlessFull));
      await alice.wait(next.id);
    },
    { maxActivePerOwner: 1 },
  );

  test('J14 after a shutdown nothing starts, and what ran is canceled', async ({
    engine,
    alice,
  }) => {
    const { id } = await startWaiting(alice);
    await engine.shutdown();
    expect(await codeOf(alice.start(suiteJob, {}))).toBe('manager_closed');
    expect((await alice.get(id))?.status).toBe('canceled');
    expect((await alice.activity()).accepting).toBe(false);
  });

  test('J15 while maintenance is held nothing starts', async ({ engine, alice }) => {
    if (engine.enterMaintenance === undefined) return;
    const release = await engine.enterMaintenance();
    expect(await codeOf(alice.start(suiteJob, {}))).toBe('admission_paused');
    expect(await alice.activity()).toMatchObject({ maintenance: true, accepting: false });
    await release();
    expect((await runToEnd(alice)).status).toBe('succeeded');
  });

  test(
    'J15 activity counts the owner’s own jobs',
    async ({ alice, bob }) => {
      const running = await startWaiting(alice);
      const queued = await alice.start(suiteJob, {});
      expect(await alice.activity()).toMatchObject({ queued: 1, running: 1, accepting: true });
      expect(await bob.activity()).toMatchObject({ queued: 0, running: 0 });
      await stop(alice, running.id);
      await alice.wait(queued.id);
    },
    { concurrency: 1 },
  );
}

type Client = Parameters<typeof runToEnd>[0];

async function endOf(id: string, ...clients: readonly Client[]): Promise<string | undefined> {
  for (const client of clients) {
    const view = await client.get(id);
    if (view !== undefined) return view.endedAt === null ? undefined : view.status;
  }
  return undefined;
}

async function messageOf(promise: Promise<unknown>, id: string): Promise<string> {
  try {
    await promise;
    return 'resolved';
  } catch (error) {
    return error instanceof Error ? error.message.replaceAll(id, 'ID') : String(error);
  }
}

const unless =
  (code: string) =>
  (error: unknown): undefined => {
    if (Reflect.get(Object(error), 'code') !== code) throw error;
    return undefined;
  };
const unlessConflict = unless('conflict');
const unlessFull = unless('queue_full');
