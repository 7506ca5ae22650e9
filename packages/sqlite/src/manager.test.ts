import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InlineExecutor, JobManager } from '@offstage/core';
import { jobClientSuite, jobClientSuiteHandlers } from '@offstage/core/testing';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SqliteJournal } from './host/sqlite-journal.ts';

const scratch = mkdtempSync(join(tmpdir(), 'offstage-manager-'));
let journals = 0;

// In one file, as it is published: each test has a thread of its own, which so begins at once.
beforeAll(async () => {
  await build({
    entryPoints: { 'journal-thread': join(import.meta.dirname, 'journal-thread.ts') },
    outdir: scratch,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@offstage/source'],
    logLevel: 'error',
  });
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function journal(path = join(scratch, `${++journals}.sqlite`), lockTimeoutMs = 0): SqliteJournal {
  const options = { path, maxKept: 1000, lockTimeoutMs, synchronous: 'full' } as const;
  return new SqliteJournal(options, pathToFileURL(join(scratch, 'journal-thread.js')));
}

const definitions = jobClientSuiteHandlers.map(({ definition }) => definition);

jobClientSuite(
  { describe: describe.concurrent, test: test.concurrent, expect },
  {
    name: 'JobManager with a journal in SQLite',
    async create(setup) {
      const executor = new InlineExecutor(jobClientSuiteHandlers);
      const manager = new JobManager({ executor, definitions, journal: journal(), ...setup });
      return {
        forOwner: (owner) => manager.forOwner(owner),
        shutdown: () => manager.shutdown({ graceMs: 1000, keep: false }),
        async enterMaintenance() {
          const lease = manager.enterMaintenance();
          return () => lease[Symbol.dispose]();
        },
        close: async () => void (await manager.shutdown({ graceMs: 0 })),
      };
    },
  },
);

describe('a manager with a journal in SQLite', () => {
  const [definition] = definitions;
  if (definition === undefined) throw new Error('The suite has no jobs.');
  const manage = (path: string, lockTimeoutMs = 0): JobManager => {
    const executor = new InlineExecutor(jobClientSuiteHandlers);
    const kept = journal(path, lockTimeoutMs);
    const manager = new JobManager({ executor, definitions, journal: kept });
    manager.on('error', () => {});
    return manager;
  };
  const start = (manager: JobManager, input = {}) =>
    manager.forOwner('alice').start(definition, input);

  test('K4 K2 goes on with what another one left, waiting and running', async () => {
    const path = join(scratch, 'goes-on.sqlite');
    const before = manage(path);
    const { id } = await start(before, { wait: true, end: 'cancel' });
    const done = await start(before, { end: 'return' });
    await before.forOwner('alice').wait(done.id);
    expect(await before.shutdown()).toEqual({ settled: 1, abandoned: 0 });
    const after = manage(path);
    await after.ready();
    const client = after.forOwner('alice');
    expect(await client.get(done.id)).toMatchObject({ status: 'succeeded' });
    expect(await client.get(id)).toMatchObject({ attempt: 1, endedAt: null });
    expect(await client.cancel(id)).toBe(true);
    expect((await client.wait(id)).status).toBe('canceled');
    await after.shutdown();
  });

  test('K6 a second one on the same file is locked out, hears who has it, and shuts down', async () => {
    const path = join(scratch, 'two.sqlite');
    const first = manage(path);
    await first.ready();
    const second = manage(path);
    const locked = { code: 'locked', details: { pid: process.pid } };
    await expect(second.ready()).rejects.toMatchObject(locked);
    await expect(start(second)).rejects.toMatchObject(locked);
    await second.shutdown();
    await start(first);
    await first.shutdown();
    const third = manage(path);
    await third.ready();
    await third.shutdown();
  });

  test('K6 J14 one that waits for another one can be shut down, and leaves the journal to that', async () => {
    const path = join(scratch, 'waits.sqlite');
    const first = manage(path);
    await first.ready();
    const waiting = manage(path, Number.POSITIVE_INFINITY);
    const told = Promise.all(
      [waiting.ready(), start(waiting), waiting.schedules.list()].map((asked) =>
        asked.then(
          () => '',
          ({ code }) => code,
        ),
      ),
    );
    expect(await waiting.shutdown()).toEqual({ settled: 0, abandoned: 0 });
    expect(await told).toEqual(['manager_closed', 'manager_closed', 'manager_closed']);
    await start(first);
    await first.shutdown();
  });

  test('K6 W8 a process that is told to end while it waits for another one ends as it was told', async () => {
    const path = join(scratch, 'told.sqlite');
    const first = manage(path);
    await first.ready();
    const script = `
      import { InlineExecutor, JobManager } from '@offstage/core';
      import { closeOnExit } from '@offstage/node-worker';
      import { sqliteJournal } from '@offstage/sqlite';
      const journal = sqliteJournal(process.env.JOURNAL, { lockTimeoutMs: 600_000 });
      const manager = new JobManager({ executor: new InlineExecutor([]), definitions: [], journal });
      closeOnExit(manager);
      const ready = manager.ready();
      setImmediate(() => console.log('waits'));
      await ready;`;
    const waiting = spawn(
      process.execPath,
      ['--conditions=@offstage/source', '--input-type=module', '--eval', script],
      { cwd: import.meta.dirname, env: { ...process.env, JOURNAL: path } },
    );
    const said: string[] = [];
    waiting.stderr.on('data', (text) => said.push(String(text)));
    await once(waiting.stdout, 'data');
    waiting.kill('SIGTERM');
    expect(await once(waiting, 'exit')).toEqual([143, null]);
    expect(said.join('')).toBe('');
    await start(first);
    await first.shutdown();
  });

  test('K6 K2 of a file that is removed while it is open, nothing more is started or shown as ended', async () => {
    const path = join(scratch, 'removed.sqlite');
    const manager = manage(path);
    const client = manager.forOwner('alice');
    const { id } = await start(manager, { wait: true, end: 'return' });
    await expect.poll(async () => (await client.get(id))?.status).toBe('running');
    for (const each of [path, `${path}-wal`]) rmSync(each);
    await expect(start(manager)).rejects.toMatchObject({
      code: 'journal_failed',
      details: { reason: 'deleted' },
    });
    await expect(client.cancel(id)).rejects.toMatchObject({ code: 'journal_failed' });
    expect(manager.health()).toMatchObject({ accepting: false, journal: { writable: false } });
    expect(await client.get(id)).toMatchObject({ status: 'running', cancelRequested: true });
    expect(await manager.shutdown({ graceMs: 50 })).toEqual({ settled: 0, abandoned: 1 });
  });

  test('K6 a folder in the place of the file is told to whoever starts a job', async () => {
    const manager = manage(scratch);
    await expect(start(manager)).rejects.toMatchObject({
      code: 'journal_failed',
      details: { reason: 'folder' },
    });
    await manager.shutdown();
  });
});
