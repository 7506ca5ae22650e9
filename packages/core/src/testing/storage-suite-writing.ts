import { OffstageError } from '../foundation/errors.ts';
import { draftName, versionName } from '../snapshots/layout.ts';
import { settle, simulatedClock } from './simulated-clock.ts';
import {
  advance,
  codeOf,
  codeOfRejection,
  contents,
  metadata,
  type Note,
  publish,
  rejectionOf,
  type SuiteKit,
  storeOn,
  textOf,
} from './storage-suite-kit.ts';
import type { SuiteFiles } from './suite-files.ts';

/** The suite's tests of drafts and their writers. */
export function writingTests({
  name,
  runner,
  expect,
  test,
  expectCode,
  currentText,
}: SuiteKit): void {
  runner.describe(`${name}: publishing`, () => {
    test('S4 S8 what was published is what a reader gets', async ({ storage, files }) => {
      const store = storeOn(storage);
      expect(await store.current()).toBe(undefined);
      expect(await store.list()).toEqual([]);

      await using draft = await store.begin();
      await draft.write('text.txt', 'Grüße', { mediaType: 'text/plain' });
      await draft.write('deep/er/bytes.bin', new Uint8Array([1, 2, 3]));
      await draft.write('streamed.txt', pieces('one ', 'two ', 'three'));
      await draft.write('web.txt', new Response('from a web stream').body ?? '');
      await draft.write('empty', '');
      files.write(draft.path('native/index.db'), 'written by a library');
      const published = await draft.finalize({ text: 'first' });

      expect(published.gen).toBe(1);
      expect(published.durability).toBe(await storage.durability());
      expect(
        published.manifest.entries.map(({ path, bytes, mediaType }) => [path, bytes, mediaType]),
      ).toEqual([
        ['deep/er/bytes.bin', 3, undefined],
        ['empty', 0, undefined],
        ['native/index.db', 20, undefined],
        ['streamed.txt', 13, undefined],
        ['text.txt', 7, 'text/plain'],
        ['web.txt', 17, undefined],
      ]);
      await using version = await store.current();
      expect(version?.version).toBe(published.version);
      expect(version?.manifest).toEqual(published.manifest);
      expect(version?.metadata).toEqual({ text: 'first' });
      expect(await textOf(version, 'text.txt')).toBe('Grüße');
      expect(await textOf(version, 'streamed.txt')).toBe('one two three');
      expect(await textOf(version, 'web.txt')).toBe('from a web stream');
      expect(await textOf(version, 'native/index.db')).toBe('written by a library');
      expect(files.read(version?.path('text.txt') ?? '')).toBe('Grüße');
    });

    test('S1 metadata off their schema publish nothing', async (place) => {
      const store = storeOn(place.storage);
      await publish(store, 'old');
      for (const bad of [{}, { text: 1 }, { text: 'x', when: new Date() }, { text: Number.NaN }]) {
        const draft = await store.begin();
        await expectCode(draft.finalize(bad as Note), 'invalid_metadata');
      }
      expect(await currentText(store)).toBe('old');
      expect(contents(place).length).toBe(1);
    });

    test('S1 a schema that has changed since is told on open', async ({ storage }) => {
      await publish(storeOn(storage), 'old');
      const strict: typeof metadata = {
        '~standard': {
          ...metadata['~standard'],
          validate: () => ({ issues: [{ message: 'no' }] }),
        },
      };
      await expectCode(storeOn(storage, { metadata: strict }).current(), 'invalid_metadata');
    });

    test('S2 a draft that is left leaves nothing, and lets the next writer in', async (place) => {
      const store = storeOn(place.storage);
      const failure = await rejectionOf(
        (async () => {
          await using draft = await store.begin();
          await draft.write('a', 'a');
          throw new Error('the handler failed');
        })(),
      );
      expect(String(failure)).toBe('Error: the handler failed');
      expect(contents(place)).toEqual([]);
      const draft = await store.begin();
      await draft.discard();
      await draft.discard();
      await expectCode(draft.write('a', 'a'), 'draft_closed');
      await expectCode(draft.finalize({ text: 'late' }), 'draft_closed');
      expect(codeOf(() => draft.path('a'))).toBe('draft_closed');
      expect(await store.current()).toBe(undefined);
    });

    test('S2 S4 of two calls of finalize one publishes, and disposing waits for it', async (place) => {
      const store = storeOn(place.storage);
      const draft = await store.begin();
      await draft.write('a', 'a');
      const first = draft.finalize({ text: 'once' });
      const second = codeOfRejection(draft.finalize({ text: 'twice' }));
      await draft[Symbol.asyncDispose]();
      expect(await second).toBe('draft_closed');
      expect((await first).gen).toBe(1);
      await using version = await store.current();
      expect(version?.metadata).toEqual({ text: 'once' });
    });

    test('S2 discarding a draft ends a write that waits for its source', async (place) => {
      const draft = await storeOn(place.storage).begin();
      const writing = rejectionOf(draft.write('a', stuck()));
      await settle();
      await draft.discard();
      expect(OffstageError.isInstance(await writing)).toBe(true);
      expect(contents(place)).toEqual([]);
    });

    test('S2 what a killed writer left is gone after the next begin', async (place) => {
      const store = storeOn(place.storage);
      await publish(store, 'old');
      const draft = draftName('0123456789abcdef');
      place.files.makeDirectory(draft);
      place.files.write(`${draft}/half.txt`, 'half');
      const unnamed = versionName(2, 'zzzzzzzzzzzzzzzz');
      place.files.makeDirectory(unnamed);
      place.files.write(`${unnamed}/manifest.json`, '{}');
      place.files.write('CURRENT.tmp', '{');
      await publish(store, 'new');
      expect(place.files.list(draft)).toEqual([]);
      expect(place.files.list(unnamed)).toEqual([]);
      expect(place.files.list('').includes('CURRENT.tmp')).toBe(false);
      expect(contents(place).length).toBe(2);
    });

    test('S3 bad and colliding paths are refused, and the draft goes on', async ({ storage }) => {
      const store = storeOn(storage);
      await using draft = await store.begin();
      for (const path of [
        '',
        '..',
        '/etc/passwd',
        'a//b',
        '.',
        'C:x',
        'nul.txt',
        'Manifest.json',
      ]) {
        await expectCode(draft.write(path, ''), 'invalid_path');
        expect(codeOf(() => draft.path(path))).toBe('invalid_path');
      }
      await draft.write('Readme.md', 'a');
      await draft.write('dir/é', 'a');
      for (const path of ['Readme.md', 'README.md', 'dir/e\u0301', 'DIR', 'Readme.md/x', 'Dir/y']) {
        await expectCode(draft.write(path, ''), 'invalid_path');
      }
      const { manifest } = await draft.finalize({ text: 'fine' });
      expect(manifest.entries.map(({ path }) => path)).toEqual(['Readme.md', 'dir/é']);
    });

    test('S3 a write that fails leaves nothing, and its path is free', async ({ storage }) => {
      await using draft = await storeOn(storage).begin();
      const failure = new Error('the source failed');
      expect(await rejectionOf(draft.write('a', failing(failure)))).toBe(failure);
      const aborted = AbortSignal.abort('enough');
      expect(await rejectionOf(draft.write('a', 'x', { signal: aborted }))).toBe('enough');
      await expectCode(draft.write('a', badPieces()), 'invalid_input');
      await draft.write('a', 'second try');
      const { manifest } = await draft.finalize({ text: 'fine' });
      expect(manifest.entries.map(({ bytes }) => bytes)).toEqual([10]);
    });

    test('S5 a signal that was aborted publishes nothing', async (place) => {
      const store = storeOn(place.storage);
      const reason = new Error('canceled');
      const signal = AbortSignal.abort(reason);
      expect(await rejectionOf(store.begin({ signal }))).toBe(reason);
      const draft = await store.begin();
      await draft.write('a', 'a');
      expect(await rejectionOf(draft.finalize({ text: 'new' }, { signal }))).toBe(reason);
      expect(await store.current()).toBe(undefined);
      expect(contents(place)).toEqual([]);
    });

    test('S4 a fence that is not held, or cannot be asked, publishes nothing', async (place) => {
      const store = storeOn(place.storage);
      await publish(store, 'old');
      const fences = [
        () => false,
        async () => false,
        () => {
          throw new Error('the queue is away');
        },
      ];
      for (const fence of fences) {
        const draft = await store.begin();
        await expectCode(draft.finalize({ text: 'zombie' }, { fence }), 'fenced');
      }
      expect(await currentText(store)).toBe('old');
      expect(contents(place).length).toBe(1);
      const draft = await store.begin();
      await draft.finalize({ text: 'new' }, { fence: async () => true });
      await using version = await store.current();
      expect(version?.metadata).toEqual({ text: 'new' });
    });
  });

  runner.describe(`${name}: the closed world`, () => {
    const refused = (
      title: string,
      path: string,
      spoil: (files: SuiteFiles, at: (path: string) => string) => void,
    ): void =>
      test(`S6 ${title} fails finalize, naming it`, async (place) => {
        const store = storeOn(place.storage);
        await publish(store, 'old');
        const draft = await store.begin();
        await draft.write('fine.txt', 'fine');
        await draft.write('dir/fine.txt', 'fine');
        spoil(place.files, (relative) => draft.path(relative));
        const error = await expectCode(draft.finalize({ text: 'new' }), 'unsafe_entry');
        expect(error.details.path).toBe(path);
        expect(await currentText(store)).toBe('old');
        expect(contents(place).length).toBe(1);
      });

    refused('a symbolic link', 'dir/link', (files, at) => files.symlink(at('dir/link')));
    refused('a symbolic link in place of a file', 'fine.txt', (files, at) => {
      files.remove(at('fine.txt'));
      files.symlink(at('fine.txt'));
    });
    refused('a special file', 'pipe', (files, at) => files.special(at('pipe')));
    refused('a hard link from outside', 'linked', (files, at) => {
      files.write('outside', 'outside');
      files.link('outside', at('linked'));
    });
    refused('a file that changed after it was written', 'fine.txt', (files, at) =>
      files.write(at('fine.txt'), 'FINE'),
    );
    refused('a file that changed behind the back of the draft', 'fine.txt', (files, at) =>
      files.write(at('other').replace(/other$/, 'fine.txt'), 'another size'),
    );
    refused('a file that was removed after it was written', 'dir/fine.txt', (files, at) =>
      files.remove(at('dir/fine.txt')),
    );
    refused('a native file of a bad name', 'AUX', (files, at) =>
      files.write(at('other').replace(/other$/, 'AUX'), 'x'),
    );

    test('S6 a write that was not awaited fails finalize', async ({ storage }) => {
      const store = storeOn(storage);
      const draft = await store.begin();
      const writing = rejectionOf(draft.write('slow', stuck()));
      const error = await expectCode(draft.finalize({ text: 'new' }), 'unsafe_entry');
      expect(error.details.path).toBe('slow');
      await writing;
    });

    test('S6 S16 nothing is written through a symbolic link', async ({ storage, files }) => {
      await using draft = await storeOn(storage).begin();
      files.symlink(draft.path('away'));
      await expectCode(draft.write('other/../away/x', 'x'), 'invalid_path');
      const away = draft.path('away');
      expect(files.list(away)).toEqual([]);
    });
  });

  runner.describe(`${name}: one writer`, () => {
    test('S7 a second handle of the same process is refused', async (place) => {
      const draft = await storeOn(place.storage).begin();
      await expectCode(storeOn(place.storage).begin(), 'locked');
      await expectCode(storeOn(place.another()).begin(), 'locked');
      await expectCode(storeOn(place.another()).recover(), 'locked');
      await expectCode(storeOn(place.another()).rollback(1), 'locked');
      await draft.discard();
      await publish(storeOn(place.another()), 'free again');
    });

    test('S2 S7 a writer waits for lockTimeoutMs, and not after its signal', async (place) => {
      const draft = await storeOn(place.storage).begin();
      const clock = simulatedClock();
      const store = storeOn(place.another(), { clock, lockTimeoutMs: 1000 });
      const outcome = codeOfRejection(store.begin());
      await advance(clock, outcome, 1000);
      expect(await outcome).toBe('locked');

      const controller = new AbortController();
      const waiting = rejectionOf(store.begin({ signal: controller.signal }));
      await settle();
      controller.abort('enough');
      expect(await waiting).toBe('enough');

      const second = store.begin();
      await settle();
      await draft.discard();
      await advance(clock, second, 1000);
      await (await second).discard();
    });
  });
}

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield new TextEncoder().encode(text);
}

async function* failing(error: Error): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(10);
  throw error;
}

// A stream of strings, such as JavaScript lets one pass.
async function* badPieces(): AsyncGenerator<Uint8Array> {
  const chunk: unknown = 'text';
  yield chunk as Uint8Array;
}

async function* stuck(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(10);
  await new Promise<never>(() => undefined);
}
