import { describe, expect, test } from 'vitest';
import { journalSuite } from './journal-suite.ts';
import { admitted, contentAfter } from './journal-suite-kit.ts';
import { memoryJournal } from './memory-journal.ts';

journalSuite(
  { describe, test, expect },
  {
    name: 'memoryJournal',
    create: () => {
      const disk = memoryJournal();
      return { journal: (settings) => disk.another(settings), dispose: async () => undefined };
    },
  },
);

describe('memoryJournal', () => {
  test('K7 writes that wait are one group with one sync', async () => {
    const journal = memoryJournal();
    await journal.open();
    await Promise.all(Array.from({ length: 100 }, (_, i) => journal.write(admitted(`job-${i}`))));
    expect(journal.syncs).toBe(1);
  });

  test('K6 a full disk refuses new jobs and ends the others', async () => {
    let full = false;
    const journal = memoryJournal({ isFull: () => full });
    await journal.open();
    await journal.write(admitted('job'));
    full = true;
    const refused = journal.write(admitted('new'));
    const ended = journal.write({ type: 'ended', id: 'job', at: 1, status: 'canceled' });
    await expect(refused).rejects.toMatchObject({ code: 'journal_full' });
    await ended;
    expect(journal.health()).toMatchObject({ writable: false, error: { code: 'journal_full' } });
    full = false;
    await journal.write({ type: 'discarded', id: 'job' });
    expect(journal.health()).toEqual({ writable: true });
    const next = journal.afterKill();
    expect((await next.open()).jobs).toMatchObject([{ id: 'job', status: 'canceled' }]);
  });

  test('K9 a process that ended answers nothing, and its lock is free', async () => {
    const journal = memoryJournal();
    await journal.open();
    await journal.write(admitted('kept'));
    journal.stop();
    await expect(journal.write(admitted('lost'))).rejects.toMatchObject({ code: 'journal_failed' });
    const next = journal.another();
    expect((await next.open()).jobs).toEqual([...contentAfter([admitted('kept')]).jobs.values()]);
  });
});
