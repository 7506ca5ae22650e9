import { memoryStorage } from './memory-storage.ts';
import {
  codeOf,
  contents,
  publish,
  type Store,
  type SuiteKit,
  storeOn,
  textOf,
} from './storage-suite-kit.ts';
import type { SuiteFiles } from './suite-files.ts';

/** The suite's tests of files that are taken over from another version. */
export function reuseTests({ name, runner, expect, test, expectCode }: SuiteKit): void {
  /** `a.txt` through the draft, `sub/b.bin` by a native library. */
  async function publishTwo(store: Store, files: SuiteFiles): Promise<string> {
    await using draft = await store.begin();
    await draft.write('a.txt', 'first a', { mediaType: 'text/plain' });
    files.write(draft.path('sub/b.bin'), 'first b');
    return (await draft.finalize({ text: 'first' })).version;
  }

  runner.describe(`${name}: files of another version`, () => {
    test('S3 what is copied keeps its digest and media type', async ({ storage, files }) => {
      const store = storeOn(storage);
      await publishTwo(store, files);
      await using first = await store.open(1);
      await using draft = await store.begin();
      await draft.copyFrom(first, ['a.txt', 'sub/b.bin']);
      await draft.copyFrom(first, []);
      await draft.write('c.txt', 'new c');
      const { manifest } = await draft.finalize({ text: 'second' });
      expect(manifest.entries.filter(({ path }) => path !== 'c.txt')).toEqual(
        first.manifest.entries,
      );
      await using second = await store.current();
      expect(await textOf(second, 'a.txt')).toBe('first a');
      expect((await second?.verify())?.problems).toEqual([]);
    });

    test('S3 a native library that changes a copy leaves the published file alone', async (place) => {
      const store = storeOn(place.storage);
      await publishTwo(store, place.files);
      await using first = await store.open(1);
      await using draft = await store.begin();
      await draft.copyFrom(first, ['a.txt', 'sub/b.bin']);
      place.files.write(draft.path('sub/b.bin'), 'second b, longer');
      await draft.finalize({ text: 'second' });
      await using second = await store.current();
      expect(await textOf(second, 'sub/b.bin')).toBe('second b, longer');
      expect(await textOf(first, 'sub/b.bin')).toBe('first b');
      expect((await store.verify()).ok).toBe(true);
    });

    test('S3 S12 a copy stays when the version it came from goes', async (place) => {
      const store = storeOn(place.storage, { retain: 1 });
      await publishTwo(store, place.files);
      for (const text of ['second', 'third']) {
        const last = await store.current();
        await using draft = await store.begin();
        if (last !== undefined) await draft.copyFrom(last, ['a.txt', 'sub/b.bin']);
        await last?.[Symbol.asyncDispose]();
        await draft.finalize({ text });
      }
      expect(contents(place).length).toBe(1);
      await using third = await store.current();
      expect(third?.metadata.text).toBe('third');
      expect((await third?.verify())?.problems).toEqual([]);
    });

    test('S3 a copy of what was damaged is corrupt, and its path is free', async (place) => {
      const store = storeOn(place.storage);
      const version = await publishTwo(store, place.files);
      await using first = await store.open(1);
      await using draft = await store.begin();
      place.files.write(`${version}/a.txt`, 'of another size');
      const error = await expectCode(draft.copyFrom(first, ['sub/b.bin', 'a.txt']), 'corrupt');
      expect(error.details.path).toBe('a.txt');
      place.files.remove(`${version}/a.txt`);
      await expectCode(draft.copyFrom(first, 'a.txt'), 'corrupt');
      await draft.write('a.txt', 'anew');
      const { manifest } = await draft.finalize({ text: 'second' });
      expect(manifest.entries.map(({ path }) => path)).toEqual(['a.txt']);
    });

    test('S3 a copy collides like any other file, and copies all or nothing', async (place) => {
      const store = storeOn(place.storage);
      await publishTwo(store, place.files);
      await using first = await store.open(1);
      await using draft = await store.begin();
      await expectCode(draft.copyFrom(first, ['a.txt', 'none']), 'not_found');
      await draft.write('A.TXT', 'mine');
      await expectCode(draft.copyFrom(first, ['sub/b.bin', 'a.txt']), 'invalid_path');
      await draft.copyFrom(first, 'sub/b.bin');
      await expectCode(draft.copyFrom(first, 'sub/b.bin'), 'invalid_path');
      await expectCode(draft.write('sub/b.bin', ''), 'invalid_path');
      const { manifest } = await draft.finalize({ text: 'second' });
      expect(manifest.entries.map(({ path }) => path)).toEqual(['A.TXT', 'sub/b.bin']);
    });

    test('S3 a version of another store is copied byte by byte, and verified', async (place) => {
      const elsewhere = memoryStorage();
      const other = storeOn(elsewhere);
      const version = await publishTwo(other, elsewhere.files);
      await using theirs = await other.open(1);
      const store = storeOn(place.storage);
      await using draft = await store.begin();
      await draft.copyFrom(theirs, 'a.txt');
      elsewhere.files.write(`${version}/sub/b.bin`, 'evil! b');
      await expectCode(draft.copyFrom(theirs, 'sub/b.bin'), 'corrupt');
      const { manifest } = await draft.finalize({ text: 'ours' });
      expect(manifest.entries).toEqual(
        theirs.manifest.entries.filter(({ path }) => path === 'a.txt'),
      );
    });

    test('S3 a version that was disposed, or a draft that has ended, copies nothing', async (place) => {
      const store = storeOn(place.storage);
      await publish(store, 'first');
      const first = await store.open(1);
      const draft = await store.begin();
      await first[Symbol.asyncDispose]();
      await expectCode(draft.copyFrom(first, 'text.txt'), 'not_found');
      await draft.discard();
      await using again = await store.open(1);
      await expectCode(draft.copyFrom(again, 'text.txt'), 'draft_closed');
      expect(codeOf(() => first.path('none'))).toBe('not_found');
    });
  });
}
