import { describe, expect, test } from 'vitest';
import type { CrashPlace, CrashScenario } from './crash-scenario.ts';
import { exploreCrashes } from './explore-crashes.ts';
import { publish, storeOn } from './storage-suite-kit.ts';

/** What an application may do: a version, and a file of its own beside it that tells which one. */
async function publishWithNote(place: CrashPlace, text: string): Promise<void> {
  await publish(storeOn(place.storage, place), text);
  place.storage.files.write('note.json', JSON.stringify({ text }));
}

const noted: CrashScenario = {
  name: 'a version and a note',
  setup: (place) => publishWithNote(place, 'old'),
  publish: (place) => publishWithNote(place, 'new'),
  own: ['note.json'],
};

describe('exploring crashes', () => {
  test('S17 a routine of an application is explored, whatever ids it makes', async () => {
    const report = await exploreCrashes({
      name: 'two versions, one after the other',
      publish: async ({ storage }) => {
        await publish(storeOn(storage), 'one');
        await storeOn(storage).rollback(1);
      },
    });
    expect(report.violations).toEqual([]);
    expect(report.cut).toEqual([]);
    expect(report.crashPoints).toBeGreaterThan(60);
    expect(report.recoveryCrashPoints).toBeGreaterThan(500);
    expect(report.outcomes).toBeGreaterThan(report.states);
    expect(report.states).toBeGreaterThan(report.recovered);
  });

  test('S17 what it does wrong is told, with the crashes that led there', async () => {
    const check = async ({ storage }: CrashPlace): Promise<void> => {
      JSON.parse(storage.files.read('note.json') ?? '{}');
    };
    expect((await exploreCrashes(noted, { depth: 0 })).violations).toEqual([]);
    const { violations } = await exploreCrashes({ ...noted, check }, { depth: 0 });
    expect(violations[0]?.problem).toMatch(/JSON/);
    expect(violations[0]?.trace).toEqual([
      'publish, after the last operation',
      'the power went: empty (/note.json)',
    ]);
  });

  test('S16 a file that is neither the layout nor its own is not to be touched', async () => {
    const { violations } = await exploreCrashes({ ...noted, own: [] }, { depth: 0 });
    expect(violations[0]?.problem).toBe('what the layout does not name was changed');
  });

  test('S17 a routine that fails, or keeps a version open, is told', async () => {
    const failing = await exploreCrashes({
      name: 'failing',
      publish: () => Promise.reject(new Error('no luck')),
    });
    expect(failing.violations).toEqual([
      { problem: 'it failed: Error: no luck', trace: ['publish'] },
      { problem: 'it failed: Error: no luck', trace: expect.any(Array) },
    ]);
    const leaking = await exploreCrashes(
      {
        name: 'leaking',
        publish: async (place) => {
          const store = storeOn(place.storage, place);
          await publish(store, 'new');
          await store.current();
        },
      },
      { depth: 0 },
    );
    expect(leaking.violations[0]?.problem).toBe('it held on to 0 locks, 1 leases, 0 files');
  });

  test('S17 more outcomes than are tried are told, and the extremes are tried', async () => {
    const scenario: CrashScenario = {
      name: 'many files',
      publish: async (place) => {
        await using draft = await storeOn(place.storage, place).begin();
        for (const path of ['a', 'b', 'c', 'd', 'e', 'f']) await draft.write(path, path);
        await draft.finalize({ text: 'new' });
      },
    };
    const report = await exploreCrashes(scenario, { depth: 0, outcomesPerCrash: 50 });
    expect(report.violations).toEqual([]);
    expect(report.cut.length).toBeGreaterThan(5);
    expect(report.cut[0]).toMatch(/^publish, before operation \d+ /);
  });
});
