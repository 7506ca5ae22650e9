import { draftName, versionName } from '../snapshots/layout.ts';
import { simulatedClock } from './simulated-clock.ts';
import {
  contents,
  publish,
  type Store,
  type SuiteKit,
  storeOn,
  textOf,
} from './storage-suite-kit.ts';

/** The suite's tests of readers, older versions and recovery. */
export function readingTests({
  name,
  runner,
  expect,
  test,
  expectCode,
  currentText,
}: SuiteKit): void {
  runner.describe(`${name}: readers`, () => {
    test('S8 readers see whole versions while a writer swaps them', async ({
      storage,
      another,
    }) => {
      const store = storeOn(storage, { retain: 1 });
      const reader = storeOn(another());
      await publish(store, '0');
      let writing = true;
      const writer = (async () => {
        for (let i = 1; i <= 12; i += 1) await publish(store, String(i));
        writing = false;
      })();
      let last = 0;
      while (writing) {
        const version = await reader.current();
        const gen = version?.gen ?? 0;
        expect(gen >= last).toBe(true);
        last = gen;
        await version?.[Symbol.asyncDispose]();
      }
      await writer;
      expect(await currentText(reader)).toBe('12');
    });

    test('S8 a version whose files are gone is corrupt, not waited for', async (place) => {
      const store = storeOn(place.storage);
      const { version } = await publish(store, 'old');
      place.files.remove(`${version}/manifest.json`);
      await expectCode(store.current(), 'corrupt');
      await publish(store, 'new');
      expect(await currentText(store)).toBe('new');
    });

    test('S9 a file that is not what was published is never handed out', async (place) => {
      const store = storeOn(place.storage);
      const { version } = await publish(store, 'good');
      place.files.write(`${version}/text.txt`, 'evil');
      await using current = await store.current();
      const error = await expectCode(current?.open('text.txt') ?? Promise.resolve(), 'corrupt');
      expect(error.details.path).toBe('text.txt');
      await expectCode(current?.open('none') ?? Promise.resolve(), 'not_found');
      const manifest = place.files.read(`${version}/manifest.json`) ?? '';
      place.files.write(`${version}/manifest.json`, manifest.replace('good', 'evil'));
      await expectCode(store.current(), 'corrupt');
    });

    test('S9 S10 a version that was disposed hands out nothing more', async ({ storage }) => {
      const store = storeOn(storage);
      await publish(store, 'x');
      await using version = await store.current();
      const stream = await version?.open('text.txt');
      await version?.[Symbol.asyncDispose]();
      await expectCode(new Response(stream ?? null).text(), 'not_found');
      await expectCode(version?.open('text.txt') ?? Promise.resolve(), 'not_found');
    });

    test('S10 retention leaves alone what is open in this process', async ({ storage, files }) => {
      const store = storeOn(storage, { retain: 1 });
      const first = await publish(store, 'first');
      const open = await store.current();
      await publish(store, 'second');
      const third = await publish(store, 'third');
      expect(third.cleanup.removed.includes(first.version)).toBe(false);
      expect((await store.list()).map(({ gen }) => gen)).toEqual([3, 1]);
      expect(await textOf(open, 'text.txt')).toBe('first');
      await open?.[Symbol.asyncDispose]();
      await open?.[Symbol.asyncDispose]();
      await publish(store, 'fourth');
      expect(files.list(first.version)).toEqual([]);
      expect((await store.list()).length).toBe(1);
    });
  });

  runner.describe(`${name}: older versions`, () => {
    test('S11 a rollback is a new commit with old content', async (place) => {
      const store = storeOn(place.storage);
      const first = await publish(store, 'first');
      await publish(store, 'second');
      const back = await store.rollback(1);
      expect([back.gen, back.manifest.gen]).toEqual([3, 1]);
      expect(await currentText(store)).toBe('first');
      expect(
        (await store.list()).map(({ gen, current, content }) => [
          gen,
          current,
          content === first.version,
        ]),
      ).toEqual([
        [3, true, true],
        [2, false, false],
        [1, false, true],
      ]);
      await storeOn(place.another()).recover();
      expect(await currentText(store)).toBe('first');
      await using second = await store.open(2);
      expect(await textOf(second, 'text.txt')).toBe('second');
      await expectCode(store.rollback(9), 'not_found');
      await expectCode(store.open(9), 'not_found');
      expect((await publish(store, 'third')).gen).toBe(4);
    });

    test('S11 S12 rolling back and forth pushes no other version out', async ({ storage }) => {
      const store = storeOn(storage, { retain: 3 });
      for (const text of ['1', '2', '3']) await publish(store, text);
      for (const gen of [1, 2, 1, 2, 1]) await store.rollback(gen);
      expect((await store.list()).map(({ gen }) => gen)).toEqual([8, 7, 3, 2, 1]);
      expect(await currentText(store)).toBe('1');
    });

    test('S12 the newest are kept, and what is younger than minAgeMs', async (place) => {
      const clock = simulatedClock(1_000_000);
      const kept = async (store: Store): Promise<readonly number[]> =>
        (await store.list()).map(({ gen }) => gen);
      const store = storeOn(place.storage, { retain: 2, clock });
      for (const text of ['1', '2', '3', '4']) await publish(store, text);
      expect(await kept(store)).toEqual([4, 3]);
      expect(contents(place).length).toBe(2);

      const patient = storeOn(place.storage, { retain: 1, minAgeMs: 500, clock });
      await clock.advance(400);
      await publish(patient, '5');
      expect(await kept(patient)).toEqual([5, 4, 3]);
      await clock.advance(200);
      await publish(patient, '6');
      expect(await kept(patient)).toEqual([6, 5]);
      expect(contents(place).length).toBe(2);
    });
  });

  runner.describe(`${name}: recovery`, () => {
    test('S15 recovering twice is recovering once', async (place) => {
      const store = storeOn(place.storage);
      await publish(store, 'old');
      place.files.makeDirectory(draftName('aaaaaaaaaaaaaaaa'));
      place.files.write('CURRENT.tmp', '{');
      const first = await store.recover();
      expect(place.files.list('').includes('CURRENT.tmp')).toBe(false);
      expect(first.removed).toEqual([draftName('aaaaaaaaaaaaaaaa')]);
      expect((await store.recover()).removed).toEqual([]);
      expect(await currentText(store)).toBe('old');
    });

    test('S15 without a valid CURRENT nothing is deleted and nothing guessed', async (place) => {
      const store = storeOn(place.storage);
      await publish(store, 'old');
      const current = place.files.read('CURRENT') ?? '';
      const draft = draftName('aaaaaaaaaaaaaaaa');
      place.files.makeDirectory(draft);
      const before = contents(place);
      for (const broken of [
        undefined,
        '',
        '{}',
        current.slice(0, -9),
        current.replace('"gen":1', '"gen":2'),
        current.replace(/"createdAt":\d/, '"createdAt":9'),
      ]) {
        place.files.remove('CURRENT');
        if (broken !== undefined) place.files.write('CURRENT', broken);
        await expectCode(store.begin(), 'corrupt');
        await expectCode(store.recover(), 'corrupt');
        await expectCode(store.current(), 'corrupt');
        await expectCode(store.list(), 'corrupt');
        expect([...contents(place)].sort()).toEqual([...before].sort());
      }
      place.files.write('CURRENT', current);
      expect(await currentText(store)).toBe('old');
      place.files.write('CURRENT', current.replace('"format":1', '"format":99'));
      await expectCode(store.current(), 'unsupported_format');
    });

    test('S16 what the layout does not name is left alone', async (place) => {
      const { files } = place;
      const store = storeOn(place.storage, { retain: 1 });
      await publish(store, '1');
      const foreignFile = versionName(7, 'bbbbbbbbbbbbbbbb');
      files.write('notes.txt', 'mine');
      files.write(foreignFile, 'a file with the name of a version');
      files.makeDirectory('2024-photos');
      files.write('2024-photos/cat.jpg', 'cat');
      files.makeDirectory('_tmp-mine');
      files.symlink(draftName('cccccccccccccccc'));
      await publish(store, '2');
      await publish(store, '3');
      await store.recover();
      expect(files.read('notes.txt')).toBe('mine');
      expect(files.read(foreignFile)).toBe('a file with the name of a version');
      expect(files.read('2024-photos/cat.jpg')).toBe('cat');
      expect(files.list('').includes('_tmp-mine')).toBe(true);
      expect(files.list('').includes(draftName('cccccccccccccccc'))).toBe(true);
    });
  });
}
