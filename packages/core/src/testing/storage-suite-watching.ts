import type { SnapshotStorage } from '../snapshots/storage.ts';
import { simulatedClock } from './simulated-clock.ts';
import {
  advance,
  contents,
  publish,
  rejectionOf,
  type SuiteKit,
  storeOn,
} from './storage-suite-kit.ts';

/** The suite's tests of watching and scrubbing. */
export function watchingTests({ name, runner, expect, test, expectCode }: SuiteKit): void {
  runner.describe(`${name}: watching`, () => {
    test('S13 each generation comes once, in order, through another handle', async (place) => {
      const store = storeOn(place.storage, { retain: 10 });
      const seen: number[] = [];
      const watching = (async () => {
        const watch = storeOn(place.another()).watch({ after: 0, pollIntervalMs: 20 });
        for await (const { gen } of watch) {
          seen.push(gen);
          if (gen === 5) break;
        }
      })();
      for (const text of ['1', '2', '3']) await publish(store, text);
      await storeOn(place.another()).rollback(1);
      await publish(store, '5');
      await watching;
      expect(seen).toEqual([1, 2, 3, 4, 5]);
    });

    test('S13 it begins after the generation that it is given, or with the next one', async (place) => {
      const store = storeOn(place.storage);
      for (const text of ['1', '2', '3']) await publish(store, text);
      const after = store.watch({ after: 1 });
      expect((await after.next()).value.gen).toBe(2);
      await after.return(undefined as never);
      const watch = store.watch({ pollIntervalMs: 20 });
      const next = watch.next();
      await store.list();
      await publish(store, '4');
      expect((await next).value.gen).toBe(4);
      await watch.return(undefined as never);
      await expectCode((async () => store.watch({ after: -1 }))(), 'invalid_option');
    });

    test('S13 who is slow sees what is kept by then, and still each once', async (place) => {
      const store = storeOn(place.storage, { retain: 2 });
      const watch = store.watch({ after: 0, pollIntervalMs: 20 });
      await publish(store, '1');
      expect((await watch.next()).value.gen).toBe(1);
      for (const text of ['2', '3', '4', '5']) await publish(store, text);
      expect((await watch.next()).value.gen).toBe(4);
      expect((await watch.next()).value.gen).toBe(5);
      await publish(store, '6');
      expect((await watch.next()).value.gen).toBe(6);
      await watch.return(undefined as never);
    });

    test('S13 a signal ends it with its reason', async (place) => {
      const store = storeOn(place.storage);
      const controller = new AbortController();
      const watch = store.watch({ signal: controller.signal });
      const next = rejectionOf(watch.next());
      controller.abort('enough');
      expect(await next).toBe('enough');
      expect((await watch.next()).done).toBe(true);
    });

    test('S13 where nobody tells of changes, CURRENT is read now and then', async (place) => {
      const { watch: _, ...deaf } = place.another();
      const clock = simulatedClock();
      const storage: SnapshotStorage = deaf;
      const watch = storeOn(storage, { clock }).watch({ after: 0, pollIntervalMs: 500 });
      const store = storeOn(place.storage);
      for (const [index, text] of ['1', '2'].entries()) {
        const next = watch.next();
        await publish(store, text);
        await advance(clock, next, (index + 1) * 1000);
        expect((await next).value.gen).toBe(index + 1);
      }
      await watch.return(undefined as never);
      expect(clock.pending).toBe(0);
    });
  });

  runner.describe(`${name}: scrubbing`, () => {
    test('S14 a scrub tells what is damaged in any version, and changes nothing', async (place) => {
      const { files } = place;
      const store = storeOn(place.storage);
      expect(await store.verify()).toEqual({ ok: true, versions: [] });
      const versions: string[] = [];
      for (const text of ['good', 'gone', 'more', 'manifest']) {
        versions.push((await publish(store, text)).version);
      }
      const [flipped = '', gone = '', more = '', broken = ''] = versions;
      const fine = await store.verify();
      expect([fine.ok, fine.versions.map(({ gen }) => gen)]).toEqual([true, [4, 3, 2, 1]]);

      files.write(`${flipped}/text.txt`, 'gnod');
      files.remove(`${gone}/text.txt`);
      files.write(`${more}/extra.txt`, 'extra');
      files.write(`${broken}/manifest.json`, '{}');
      const before = [...contents(place), ...versions.flatMap((each) => files.list(each))].sort();
      const report = await store.verify();
      expect(report.ok).toBe(false);
      expect(
        report.versions.map(({ version, problems }) => [
          version,
          problems.map(({ path, problem }) => `${path} ${problem}`),
        ]),
      ).toEqual([
        [broken, ['manifest.json is damaged']],
        [more, ['extra.txt was not published']],
        [gone, ['text.txt is missing']],
        [flipped, ['text.txt has another content']],
      ]);
      const after = [...contents(place), ...versions.flatMap((each) => files.list(each))].sort();
      expect(after).toEqual(before);
      expect(files.read(`${flipped}/text.txt`)).toBe('gnod');

      files.remove(`${broken}/manifest.json`);
      expect((await store.verify()).versions[0]?.problems).toEqual([
        { path: 'manifest.json', problem: 'is missing' },
      ]);
    });

    test('S14 after a rollback a content is read once, and a signal ends it', async (place) => {
      const store = storeOn(place.storage);
      await publish(store, 'first');
      await publish(store, 'second');
      await store.rollback(1);
      expect((await store.verify()).versions.map(({ gen }) => gen)).toEqual([3, 2]);
      const signal = AbortSignal.abort('enough');
      expect(await rejectionOf(store.verify({ signal }))).toBe('enough');
    });
  });
}
