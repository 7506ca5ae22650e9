import type { JournalEntry, KeptJob } from '../jobs/journal.ts';
import { admitted, contentAfter, type JournalKit, keptSchedule } from './journal-suite-kit.ts';

/** The suite's tests of what a journal refuses, and of what it lets go. */
export function limitTests({
  name,
  runner,
  expect,
  test,
  expectCode,
  expectKept,
}: JournalKit): void {
  runner.describe(`${name}: limits`, () => {
    test('K2 a value that cannot be kept is refused by name, and no other write with it', async (place) => {
      const journal = place.journal();
      await journal.open();
      const good = journal.write(admitted('good'));
      const refused: readonly (readonly [JournalEntry, string])[] = [
        [admitted('bad', { input: { open: () => undefined } }), 'input.open'],
        [admitted('bad', { input: [Symbol('s')] }), 'input[0]'],
        [
          admitted('bad', {
            input: {
              get broken() {
                throw new Error('no');
              },
            },
          }),
          'input.broken',
        ],
        [admitted('bad', { input: Proxy.revocable({}, {}).proxy }), 'input'],
        [admitted('bad', { saved: new WeakMap() }), 'saved'],
        [{ type: 'saved', id: 'good', state: { run: () => undefined } }, 'saved.run'],
        [
          {
            type: 'ended',
            id: 'good',
            at: 1,
            status: 'succeeded',
            result: { a: Promise.resolve() },
          },
          'result.a',
        ],
        [
          {
            type: 'schedule',
            id: 's',
            schedule: keptSchedule('s', { input: { open: () => undefined } }),
          },
          'input.open',
        ],
      ];
      for (const [entry, field] of refused) {
        const error = await expectCode(journal.write(entry), 'not_serializable');
        expect(error.details.field).toBe(field);
      }
      await good;
      expect(journal.health()).toEqual({ writable: true });
      await journal.write(admitted('later'));
      await journal.close();
      await expectKept(place, contentAfter([admitted('good'), admitted('later')]));
    });

    test('K8 a value over 1 MiB is refused by name, with what to do', async (place) => {
      const journal = place.journal();
      await journal.open();
      const mebibyte = 1024 * 1024;
      const fits = admitted('fits', { input: 'x'.repeat(mebibyte - 100) });
      await journal.write(fits);
      for (const value of [
        'x'.repeat(mebibyte + 1),
        new Uint8Array(mebibyte + 1),
        { deep: ['Ω'.repeat(mebibyte / 2 + 1)] },
      ]) {
        const refused: readonly (readonly [JournalEntry, string])[] = [
          [admitted('big', { input: value }), 'input'],
          [{ type: 'saved', id: 'fits', state: value }, 'saved'],
          [{ type: 'ended', id: 'fits', at: 1, status: 'succeeded', result: value }, 'result'],
          [{ type: 'schedule', id: 's', schedule: keptSchedule('s', { input: value }) }, 'input'],
        ];
        for (const [entry, field] of refused) {
          const error = await expectCode(journal.write(entry), 'too_large');
          expect(error.details.field).toBe(field);
          expect(error.message.includes('file')).toBe(true);
        }
      }
      await journal.close();
      await expectKept(place, contentAfter([fits]));
    });

    test('K8 of jobs that ended, the newest maxKept stay', async (place) => {
      const journal = place.journal({ maxKept: 2 });
      await journal.open();
      const entries = [
        ...endings('a', { discarded: true }, 'succeeded', 1),
        ...endings('b', { discarded: true }, 'failed', 2),
        ...endings('c', { discarded: true }, 'canceled', 3),
        ...endings('d', {}, 'succeeded', 4),
      ];
      for (const entry of entries) await journal.write(entry);
      await journal.close();
      await expectKept(place, contentAfter([...entries, released('a'), released('b')]));
    });

    test('K8 K3 what still has something to do stays, however many there are', async (place) => {
      const journal = place.journal({ maxKept: 0 });
      await journal.open();
      const entries = [
        admitted('queued'),
        admitted('running'),
        { type: 'started', id: 'running', attempt: 1, at: 1 } as const,
        ...endings('undiscarded', {}, 'failed', 2),
        ...endings('done', { discarded: true }, 'failed', 3),
        ...endings('later', {}, 'canceled', 4),
      ];
      for (const entry of entries) await journal.write(entry);
      await journal.write({ type: 'discarded', id: 'later' });
      await journal.close();
      await expectKept(place, contentAfter([...entries, released('done'), released('later')]));
    });

    test('K8 maxKept counts what was kept before, too', async (place) => {
      const before = place.journal();
      await before.open();
      const old = ['a', 'b', 'c'].flatMap((id, index) =>
        endings(id, { discarded: true }, 'failed', index),
      );
      for (const entry of old) await before.write(entry);
      await before.close();
      const after = place.journal({ maxKept: 2 });
      await after.open();
      const fresh = endings('d', { discarded: true }, 'succeeded', 9);
      for (const entry of fresh) await after.write(entry);
      await after.close();
      await expectKept(place, contentAfter([...old, ...fresh, released('a'), released('b')]));
    });
  });
}

const released = (id: string): JournalEntry => ({ type: 'released', id });

function endings(
  id: string,
  more: Partial<KeptJob>,
  status: 'succeeded' | 'failed' | 'canceled',
  at: number,
): JournalEntry[] {
  const failure = { code: 'handler_failed', message: 'no', reference: id };
  return [
    admitted(id, more),
    {
      type: 'ended',
      id,
      at,
      status,
      ...(status === 'succeeded' && { result: id }),
      ...(status === 'failed' && { failure }),
    },
  ];
}
