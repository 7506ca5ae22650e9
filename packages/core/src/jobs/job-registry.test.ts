import { describe, expect, test } from 'vitest';
import { deferred } from '../testing/deferred.ts';
import { memoryJournal } from '../testing/memory-journal.ts';
import { settle } from '../testing/simulated-clock.ts';
import { plain, stage } from './job-manager.test-support.ts';
import { JobRegistry } from './job-registry.ts';
import type { JobWithId } from './jobs-by-id.ts';

class Entry implements JobWithId<Entry> {
  readonly id = '1';
  readonly atRest = true;
  older: Entry | undefined;
  newer: Entry | undefined;
  inBucket: Entry | undefined;
}

describe('what was released', () => {
  test('F3 an entry that was forgotten closes itself alone, and not the one that came after', () => {
    const registry = new JobRegistry<Entry>();
    const first = registry.openOwner('alice');
    registry.closeOwner(first);
    const second = registry.openOwner('alice');
    registry.closeOwner(first);
    expect(registry.ownerJobs('alice')).toBe(second);
    registry.closeOwner(second);
    expect(registry.size).toBe(0);
  });

  test('F3 J18 of owners that are gone nothing is left, however many there were', () => {
    const registry = new JobRegistry<Entry>();
    for (const owner of ['alice', 'bob', 'carol']) registry.closeOwner(registry.openOwner(owner));
    expect([registry.size, [...registry.owners()]]).toEqual([0, []]);
    expect(registry.version('carol')).toBe(undefined);
    const alice = registry.openOwner('alice');
    const carol = registry.openOwner('carol');
    expect([registry.size, [...registry.owners()]]).toEqual([2, [carol, alice]]);
  });

  test('F3 J18 an entry stays while it has a job, or one that is being admitted, or is watched', () => {
    const registry = new JobRegistry<Entry>();
    const alice = registry.openOwner('alice');
    const job = new Entry();
    alice.jobs.add(job);
    registry.closeOwner(alice);
    alice.active = 1;
    registry.remove(alice, job);
    expect(registry.find('alice', job.id)).toBe(undefined);
    alice.active = 0;
    alice.watchers = new Set();
    registry.closeOwner(alice);
    expect(registry.ownerJobs('alice')).toBe(alice);
    alice.watchers = undefined;
    registry.closeOwner(alice);
    expect(registry.size).toBe(0);
  });

  test('F3 J18 an entry goes with the admission that came to nothing, and a forgotten one takes no other along', () => {
    const registry = new JobRegistry<Entry>();
    const first = registry.openOwner('alice');
    registry.remove(first, new Entry());
    expect(registry.size).toBe(0);
    const job = new Entry();
    first.jobs.add(job);
    const second = registry.openOwner('alice');
    registry.remove(first, job);
    expect([registry.ownerJobs('alice'), registry.size, first.jobs.size]).toEqual([second, 1, 0]);
  });

  test('F3 F7 an owner of one job at a time keeps its entry, whose version is another each time', () => {
    const registry = new JobRegistry<Entry>();
    const versions = new Set<string | undefined>();
    const entries = new Set<unknown>();
    for (let count = 1; count <= 3; count += 1) {
      const alice = registry.openOwner('alice');
      const job = new Entry();
      alice.jobs.add(job);
      alice.changes += 1;
      expect([registry.size, registry.find('alice', job.id)]).toEqual([1, job]);
      versions.add(registry.version('alice'));
      entries.add(alice);
      alice.changes += 1;
      registry.remove(alice, job);
      expect([registry.size, registry.version('alice')]).toEqual([0, undefined]);
      expect(registry.find('alice', job.id)).toBe(undefined);
    }
    expect([versions.size, entries.size]).toEqual([3, 1]);
  });

  test('F3 J18 of two owners by turns each gets an entry of its own', () => {
    const registry = new JobRegistry<Entry>();
    for (const owner of ['alice', 'bob', 'alice', 'bob']) {
      const ownerJobs = registry.openOwner(owner);
      const job = new Entry();
      ownerJobs.jobs.add(job);
      expect([ownerJobs.owner, [...registry.owners()]]).toEqual([owner, [ownerJobs]]);
      registry.remove(ownerJobs, job);
      expect(registry.size).toBe(0);
    }
  });

  test('F3 J18 to look for what is not there opens no entry', () => {
    const registry = new JobRegistry<Entry>();
    expect(registry.find('alice', 'unknown')).toBe(undefined);
    expect(registry.ownerJobs('alice')).toBe(undefined);
    expect(registry.size).toBe(0);
  });

  test.each(['kept', 'refused'] as const)(
    'F3 K2 an owner whose last job is consumed while the next one is being written, which is then %s',
    async (end) => {
      const written = deferred<void>();
      const journal = memoryJournal();
      const holds = { next: false };
      const { alice, manager } = stage({
        definitions: [plain],
        journal: {
          ...journal,
          async write(...entries) {
            if (holds.next && entries.some(({ type }) => type === 'admitted'))
              await written.promise;
            await journal.write(...entries);
          },
        },
      });
      const first = await alice.start(plain, 1, { delayMs: 1000 });
      await alice.cancel(first.id);
      holds.next = true;
      const starting = alice.start(plain, 2, { delayMs: 1000 });
      starting.catch(() => {});
      await settle();
      expect(await alice.consume(first.id)).toBe(true);
      if (end === 'kept') {
        written.resolve();
        const { id } = await starting;
        expect((await alice.list()).map((job) => job.id)).toEqual([id]);
        expect(await alice.cancel(id)).toBe(true);
        expect(await alice.consume(id)).toBe(true);
      } else {
        written.reject(new Error('no'));
        await expect(starting).rejects.toThrow('no');
      }
      await settle();
      expect(manager.activity()).toMatchObject({ queued: 0, running: 0 });
      expect(alice.version).toBe('');
    },
  );

  test('F3 the watch of a job that is gone does not touch the job that its owner starts next', async () => {
    const { alice, executor } = stage();
    const first = await alice.start(plain, 1);
    const unwatch = alice.watch?.(first.id, () => {});
    executor.runOf(first.id).return();
    await alice.consume(first.id);
    const second = await alice.start(plain, 2);
    unwatch?.();
    unwatch?.();
    expect(await alice.get(second.id)).toMatchObject({ status: 'running' });
    expect((await alice.list()).map(({ id }) => id)).toEqual([second.id]);
    expect(await alice.cancel(second.id)).toBe(true);
    expect(executor.runOf(second.id).stops).toEqual(['canceled']);
  });

  test('F3 nor does the watch of all jobs', async () => {
    const { alice, executor } = stage();
    const unwatch = alice.watch?.(undefined, () => {});
    const first = await alice.start(plain, 1);
    executor.runOf(first.id).return();
    await alice.consume(first.id);
    unwatch?.();
    const second = await alice.start(plain, 2);
    unwatch?.();
    expect((await alice.list()).map(({ id }) => id)).toEqual([second.id]);
  });

  test('F3 the end of a watch does not bring a released job back to be released again', async () => {
    const { alice, executor, clock, news } = stage({ ttlMs: 1000 });
    const job = await alice.start(plain, 1);
    const unwatch = alice.watch?.(job.id, () => {});
    executor.runOf(job.id).return();
    await alice.consume(job.id);
    unwatch?.();
    await clock.advance(5000);
    expect(news.filter((line) => line.startsWith('released'))).toEqual([`released ${job.id}`]);
    expect(clock.pending).toBe(0);
  });

  test('F3 a watcher that waits to be told of a release hears nothing of later jobs', async () => {
    const { alice, executor } = stage();
    const heard: string[] = [];
    const first = await alice.start(plain, 1);
    alice.watch?.(first.id, (changed) => heard.push(changed ?? ''));
    executor.runOf(first.id).return();
    await alice.consume(first.id);
    const second = await alice.start(plain, 2);
    executor.runOf(second.id).return();
    await settle();
    expect(heard).toEqual([first.id]);
  });
});
