import { OffstageError } from '../foundation/errors.ts';
import type { Draft } from '../snapshots/draft.ts';
import type { DraftWorkspace, SnapshotStorage } from '../snapshots/storage.ts';
import { simulatedClock } from './simulated-clock.ts';
import {
  contents,
  type Note,
  publish,
  rejectionOf,
  type StorageUnderTest,
  type Store,
  type SuiteKit,
  storeOn,
  textOf,
} from './storage-suite-kit.ts';

/** The suite's tests of what others do to a store, and of odd names and clocks. */
export function damageTests({
  name,
  runner,
  expect,
  test,
  expectCode,
  currentText,
}: SuiteKit): void {
  runner.describe(`${name}: damage`, () => {
    test('S7 S4 a writer whose LOCK was deleted publishes nothing', async (place) => {
      const store = storeOn(place.storage);
      await publish(store, 'old');
      const draft = await store.begin();
      await draft.write('text.txt', 'new');
      place.files.remove('LOCK');
      await expectCode(draft.finalize({ text: 'new' }), 'fenced');
      expect(await currentText(store)).toBe('old');
      await publish(store, 'next');
      expect(await currentText(store)).toBe('next');
      expect(contents(place).length).toBe(2);
    });

    test('S7 a writer whose LOCK was deleted, and whose draft another one removed, is fenced', async (place) => {
      const store = storeOn(place.storage);
      await publish(store, 'old');
      const [writes, seals] = [await store.begin(), await lockless(place, store)];
      await seals.write('text.txt', 'new');
      const other = await lockless(place, storeOn(place.another()));
      await expectCode(writes.write('text.txt', 'late'), 'fenced');
      await expectCode(seals.finalize({ text: 'new' }), 'fenced');
      await other.write('text.txt', 'other');
      await other.finalize({ text: 'other' });
      expect(await currentText(store)).toBe('other');
      await writes.discard();
      expect(contents(place).length).toBe(2);
    });

    for (const [what, damage] of [
      ['a link', (place) => place.files.symlink('CURRENT')],
      ['empty', (place) => place.files.write('CURRENT', '')],
      ['longer than it can be', (place) => place.files.write('CURRENT', ' '.repeat((1 << 26) + 1))],
    ] satisfies [string, (place: StorageUnderTest) => void][]) {
      test(`S15 a CURRENT that is ${what} is damaged, and repair replaces it`, async (place) => {
        const store = storeOn(place.storage);
        await publish(store, 'old');
        await publish(store, 'new');
        place.files.remove('CURRENT');
        damage(place);
        await expectCode(store.current(), 'corrupt');
        const { problem, repaired } = await store.repair({ confirm: () => true });
        expect([problem, repaired]).toEqual(['broken', true]);
        expect(await currentText(store)).toBe('new');
        expect((await store.list()).length).toBe(3);
      });
    }

    test('S15 a CURRENT that is a directory is told, and nothing is lost', async (place) => {
      const store = storeOn(place.storage);
      await publish(store, 'old');
      place.files.remove('CURRENT');
      place.files.makeDirectory('CURRENT');
      const error = await expectCode(store.repair({ confirm: () => true }), 'corrupt');
      expect(/is a directory: move it elsewhere/.test(error.message)).toBe(true);
      expect(contents(place).length).toBe(1);
    });

    test('S15 an older CURRENT that was put back deletes nothing, and repair names all', async (place) => {
      const store = storeOn(place.storage);
      await publish(store, 'old');
      const old = place.files.read('CURRENT') ?? '';
      await publish(store, 'new');
      place.files.write('CURRENT', old);
      const before = contents(place);
      for (const write of [() => store.begin(), () => store.recover(), () => store.prune()]) {
        const error = await expectCode(write(), 'corrupt');
        expect(error.details.reason).toBe('backwards');
      }
      expect((await store.repair()).repaired).toBe(false);
      expect(contents(place)).toEqual(before);
      expect(await currentText(store)).toBe('old');
      expect((await store.repair({ confirm: () => true })).repaired).toBe(true);
      expect(await currentText(store)).toBe('new');
      await publish(store, 'next');
      expect((await store.list()).map(({ gen }) => gen)).toEqual([4, 3, 2, 1]);
    });

    test('S7 where LOCK is a folder nobody writes, and readers read', async (place) => {
      const store = storeOn(place.storage);
      await publish(store, 'old');
      place.files.remove('LOCK');
      place.files.makeDirectory('LOCK');
      for (const work of [() => store.begin(), () => store.recover(), () => store.rollback(1)]) {
        expect(OffstageError.isInstance(await rejectionOf(work()))).toBe(true);
      }
      expect(await currentText(store)).toBe('old');
    });

    test('S15 a CURRENT that is a folder or a link is damage, and nothing is deleted', async (place) => {
      const { files } = place;
      const store = storeOn(place.storage);
      await publish(store, 'old');
      const before = contents(place);
      const spoil = [
        () => files.makeDirectory('CURRENT'),
        () => files.symlink('CURRENT'),
        () => files.special('CURRENT'),
      ];
      const [folder, ...others] = spoil;
      for (const each of [...others, folder]) {
        files.remove('CURRENT');
        each?.();
        await expectCode(store.current(), 'corrupt');
        await expectCode(store.begin(), 'corrupt');
        expect(contents(place)).toEqual(before);
      }
    });

    test('S6 S9 what is changed between the seal and the commit is never handed out', async (place) => {
      const { files } = place;
      const storage = meddling(place.storage, (workspace) => {
        const at = (path: string): string => workspace.nativePath(path);
        files.remove(at('link.txt'));
        files.symlink(at('link.txt'));
        files.write(at('text.txt'), 'evil');
      });
      const store = storeOn(storage);
      await using draft = await store.begin();
      await draft.write('text.txt', 'good');
      await draft.write('link.txt', 'good');
      await draft.finalize({ text: 'good' });
      await using version = await store.current();
      for (const path of ['text.txt', 'link.txt']) {
        await expectCode(version?.open(path) ?? Promise.resolve(), 'corrupt');
      }
      expect((await store.verify()).ok).toBe(false);
    });

    test('S12 a clock that was set back keeps versions, and generations go on', async (place) => {
      const late = storeOn(place.storage, { clock: simulatedClock(1_000_000) });
      await publish(late, 'late 1');
      await publish(late, 'late 2');
      const clock = simulatedClock(1000);
      const early = storeOn(place.storage, { clock, retain: 1, minAgeMs: 500 });
      await publish(early, 'early');
      const listed = await early.list();
      expect(listed.map(({ gen, createdAt }) => [gen, createdAt])).toEqual([
        [3, 1000],
        [2, 1_000_000],
        [1, 1_000_000],
      ]);
      await publish(storeOn(place.storage, { clock, retain: 1 }), 'unhurried');
      expect((await early.list()).map(({ gen }) => gen)).toEqual([4]);
      expect(await currentText(early)).toBe('unhurried');
    });

    test('S3 any string is a path that works, or invalid_path', async (place) => {
      const store = storeOn(place.storage);
      await using draft = await store.begin();
      const written = new Map<string, string>();
      for (const path of strangePaths(200)) {
        try {
          await draft.write(path, `content of ${path}`);
          written.set(path, `content of ${path}`);
        } catch (error) {
          expect([path, OffstageError.isInstance(error) && error.code]).toEqual([
            path,
            'invalid_path',
          ]);
        }
      }
      const { manifest } = await draft.finalize({ text: 'strange' });
      expect(written.size > 20).toBe(true);
      expect(manifest.entries.map(({ path }) => path).toSorted()).toEqual(
        [...written.keys()].toSorted(),
      );
      await using version = await store.current();
      for (const [path, content] of written) expect(await textOf(version, path)).toBe(content);
    });
  });
}

/** A draft of one more writer, as LOCK is gone. Its recovery removes what others are at. */
function lockless(place: StorageUnderTest, store: Store): Promise<Draft<Note>> {
  place.files.remove('LOCK');
  return store.begin();
}

/** A storage on whose drafts somebody lays hand after they were sealed. */
function meddling(
  storage: SnapshotStorage,
  meddle: (workspace: DraftWorkspace) => void,
): SnapshotStorage {
  return {
    ...storage,
    async createDraft(id) {
      const workspace = await storage.createDraft(id);
      return {
        write: (path, chunks) => workspace.write(path, chunks),
        reuse: (source, signal) => workspace.reuse(source, signal),
        nativePath: (path) => workspace.nativePath(path),
        seal: (signal) => workspace.seal(signal),
        discard: () => workspace.discard(),
        publish(version, manifest) {
          meddle(workspace);
          return workspace.publish(version, manifest);
        },
      };
    },
  };
}

const pieces: readonly string[] = [
  ...['a', 'B', 'ß', 'é', 'e\u0301', 'İ', 'Σ', '日本', '😀', '\ud800', ' ', '.', '..', '...', '/'],
  ...['//', '\\', '\0', ':', 'C:', '*', '?', '"', '<', '|', '\n', '\u007f', '\u202e', '-', '~'],
  ...[
    'nul',
    'CON',
    'com1',
    'aux.txt',
    'manifest.json',
    'LOCK',
    'CURRENT',
    '_tmp-',
    'x'.repeat(199),
  ],
  ...['%2e%2e', '$HOME', "'", '`', ';', '#', '&', '\t'],
];

/** Strings made of what tends to go wrong; the same ones each time. */
function* strangePaths(count: number): Generator<string> {
  let seed = 12_345;
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let made = 0; made < count; made += 1) {
    yield Array.from({ length: 1 + random(4) }, () => pieces[random(pieces.length)] ?? '').join('');
  }
}
