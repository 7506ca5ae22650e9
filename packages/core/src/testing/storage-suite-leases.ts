import { codeOf, contents, publish, type SuiteKit, storeOn, textOf } from './storage-suite-kit.ts';

/** The suite's tests of versions that are open, and of what their readers get. */
export function leaseTests({ name, runner, expect, test, expectCode }: SuiteKit): void {
  runner.describe(`${name}: versions that are open`, () => {
    test('S10 retention leaves alone what is open through another handle', async (place) => {
      const store = storeOn(place.storage, { retain: 1 });
      const reader = storeOn(place.another());
      const { version } = await publish(store, 'first');
      const open = await reader.current();
      await publish(store, 'second');
      await publish(store, 'third');
      await storeOn(place.another(), { retain: 1 }).recover();
      expect((await store.list()).map(({ gen }) => gen)).toEqual([3, 1]);
      expect((await open?.verify())?.problems).toEqual([]);
      await open?.[Symbol.asyncDispose]();
      await publish(store, 'fourth');
      expect(place.files.list(version)).toEqual([]);
      expect(contents(place).length).toBe(1);
    });

    test('S10 of two readers of a version each keeps it', async (place) => {
      const store = storeOn(place.storage, { retain: 1 });
      await publish(store, 'first');
      const one = await storeOn(place.another()).open(1);
      const two = await storeOn(place.another()).open(1);
      await publish(store, 'second');
      await one[Symbol.asyncDispose]();
      await publish(store, 'third');
      expect(await textOf(two, 'text.txt')).toBe('first');
      await two[Symbol.asyncDispose]();
      await publish(store, 'fourth');
      expect(contents(place).length).toBe(1);
    });

    test('S8 S10 readers from before and after a commit each have their version', async (place) => {
      const store = storeOn(place.storage, { retain: 1 });
      const reader = storeOn(place.another());
      await publish(store, 'first');
      await using before = await reader.current();
      await publish(store, 'second');
      await using after = await reader.current();
      await publish(store, 'third');
      expect(await textOf(before, 'text.txt')).toBe('first');
      expect(await textOf(after, 'text.txt')).toBe('second');
      expect([before?.gen, after?.gen]).toEqual([1, 2]);
    });

    test('S10 S11 what is open can be rolled back to, and stays', async (place) => {
      const store = storeOn(place.storage, { retain: 1 });
      await publish(store, 'first');
      await using open = await storeOn(place.another()).current();
      await publish(store, 'second');
      const { gen } = await store.rollback(1);
      expect(gen).toBe(3);
      await using current = await store.current();
      expect(await textOf(current, 'text.txt')).toBe('first');
      expect(await textOf(open, 'text.txt')).toBe('first');
    });

    test('S10 reading without a lease is for those who ask for it', async (place) => {
      const store = storeOn(place.storage, { retain: 1 });
      const { version } = await publish(store, 'first');
      await using current = await store.current({ lease: false });
      await using opened = await store.open(1, { lease: false });
      expect(await textOf(current, 'text.txt')).toBe('first');
      expect(await textOf(opened, 'text.txt')).toBe('first');
      expect((await store.verify({ lease: false })).ok).toBe(true);
      await publish(storeOn(place.another(), { retain: 1 }), 'second');
      expect(place.files.list(version)).toEqual([]);
      await expectCode(opened.open('text.txt'), 'corrupt');
    });

    test('S10 a version that was disposed hands out nothing any more', async (place) => {
      const store = storeOn(place.storage);
      await publish(store, 'first');
      const version = await store.open(1);
      await version[Symbol.asyncDispose]();
      expect(codeOf(() => version.path('text.txt'))).toBe('not_found');
      await expectCode(version.open('text.txt'), 'not_found');
      await expectCode(version.verify(), 'not_found');
    });

    test('S9 when files are verified is for the reader to say', async (place) => {
      const store = storeOn(place.storage);
      const { version } = await publish(store, 'good');
      await using off = await store.open(1, { verify: 'off' });
      await using first = await store.open(1);
      await using always = await store.open(1, { verify: 'always' });
      for (const reader of [off, first, always]) {
        expect(await textOf(reader, 'text.txt')).toBe('good');
      }
      place.files.write(`${version}/text.txt`, 'evil');
      expect(await textOf(off, 'text.txt')).toBe('evil');
      expect(await textOf(first, 'text.txt')).toBe('evil');
      await expectCode(always.open('text.txt'), 'corrupt');
      await using fresh = await storeOn(place.storage, { verify: 'first-open' }).open(1);
      await expectCode(fresh.open('text.txt'), 'corrupt');
      await using never = await storeOn(place.storage, { verify: 'off' }).open(1);
      expect(await textOf(never, 'text.txt')).toBe('evil');
    });

    test('S9 a version tells what of it is damaged', async (place) => {
      const store = storeOn(place.storage);
      await using draft = await store.begin();
      for (const path of ['changed', 'grown', 'gone', 'sub/fine']) await draft.write(path, 'good');
      const { version } = await draft.finalize({ text: 'x' });
      await using open = await store.current();
      expect((await open?.verify())?.files).toBe(4);
      place.files.write(`${version}/changed`, 'goof');
      place.files.write(`${version}/grown`, 'good and more');
      place.files.remove(`${version}/gone`);
      place.files.write(`${version}/sub/extra`, '');
      place.files.symlink(`${version}/link`);
      const report = await open?.verify();
      expect(report?.problems.map(({ path, problem }) => `${path} ${problem}`).toSorted()).toEqual([
        'changed has another content',
        'gone is missing',
        'grown has another size',
        'link was not published',
        'sub/extra was not published',
      ]);
      await expectCode(open?.open('gone') ?? Promise.resolve(), 'corrupt');
    });

    test('S9 S16 a file in whose place a link was put is not followed', async (place) => {
      const store = storeOn(place.storage);
      const { version } = await publish(store, 'good');
      await using open = await store.current();
      place.files.remove(`${version}/text.txt`);
      place.files.symlink(`${version}/text.txt`);
      await expectCode(open?.open('text.txt') ?? Promise.resolve(), 'corrupt');
      expect((await open?.verify())?.problems.map(({ path }) => path)).toEqual(['text.txt']);
    });
  });
}
