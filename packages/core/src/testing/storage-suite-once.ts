import { contents, publish, type SuiteKit, storeOn } from './storage-suite-kit.ts';

/** The suite's tests of what is published under a key, once (S19). */
export function onceTests({ name, runner, expect, test, expectCode, currentText }: SuiteKit): void {
  const key = 'job-1';

  runner.describe(`${name}: published once`, () => {
    test('S19 the same key again publishes nothing, and gives the version there is', async (place) => {
      const first = await publish(storeOn(place.storage), 'once', { key });
      expect(first.repeated).toBe(false);
      await publish(storeOn(place.another()), 'later');
      const before = contents(place);
      // Another process, another content: the key counts.
      const store = storeOn(place.another());
      const again = await publish(store, 'once more', { key });
      expect(again.repeated).toBe(true);
      expect([again.version, again.gen]).toEqual([first.version, first.gen]);
      expect(again.manifest).toEqual(first.manifest);
      expect(again.durability).toBe(first.durability);
      expect(again.cleanup).toEqual({ removed: [], failed: [] });
      expect(contents(place)).toEqual(before);
      expect(await currentText(store)).toBe('later');
      // It let the next writer in.
      expect((await publish(store, 'next', { key: 'job-2' })).repeated).toBe(false);
      expect((await publish(store, 'without')).repeated).toBe(false);
    });

    test('S19 S5 what was published stays so: no signal and no fence is asked again', async (place) => {
      const store = storeOn(place.storage);
      const { gen } = await publish(store, 'once', { key });
      const signal = AbortSignal.abort(new Error('too late'));
      const again = await publish(store, 'again', { key, signal, fence: () => false });
      expect([again.gen, again.repeated]).toEqual([gen, true]);
      // Nothing was published under this one.
      await expectCode(publish(store, 'other', { key: 'job-2', fence: () => false }), 'fenced');
      expect((await publish(store, 'other', { key: 'job-2' })).repeated).toBe(false);
    });

    test('S19 S12 a version that is no longer kept is forgotten with its key', async (place) => {
      const store = storeOn(place.storage, { retain: 1 });
      await publish(store, 'once', { key });
      await publish(store, 'later');
      const again = await publish(store, 'again', { key });
      expect([again.gen, again.repeated]).toEqual([3, false]);
    });

    test('S19 S11 a rollback under a key is done once', async ({ storage }) => {
      const store = storeOn(storage);
      await publish(store, 'old');
      await publish(store, 'new');
      const first = await store.rollback(1, { key });
      const again = await store.rollback(1, { key });
      expect([first.repeated, again.repeated]).toEqual([false, true]);
      expect([again.version, again.gen]).toEqual([first.version, 3]);
      expect((await store.list()).length).toBe(3);
    });

    test('S19 a key is a text of some length, and a bad one leaves the draft as it was', async (place) => {
      const store = storeOn(place.storage);
      const draft = await store.begin();
      await draft.write('text.txt', 'x');
      for (const bad of ['', 'x'.repeat(201), '\ud800']) {
        await expectCode(draft.finalize({ text: 'x' }, { key: bad }), 'invalid_option');
        await expectCode(store.rollback(1, { key: bad }), 'invalid_option');
      }
      const strange = '{"a":"\u0000\n/../😀"}';
      expect((await draft.finalize({ text: 'x' }, { key: strange })).repeated).toBe(false);
      expect((await publish(store, 'y', { key: strange })).repeated).toBe(true);
    });

    test('S19 files that are still being written end with a draft that has nothing to do', async (place) => {
      const store = storeOn(place.storage);
      await publish(store, 'once', { key });
      const draft = await store.begin();
      const endless = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => undefined) });
      const writing = draft.write('text.txt', endless).then(
        () => 'written',
        () => 'ended',
      );
      expect((await draft.finalize({ text: 'again' }, { key })).repeated).toBe(true);
      expect(await writing).toBe('ended');
      expect(contents(place).length).toBe(1);
    });
  });
}
