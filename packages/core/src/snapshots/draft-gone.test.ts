import { expect, test } from 'vitest';
import { z } from 'zod';
import { memoryStorage } from '../testing/memory-storage.ts';
import { SnapshotStore } from './store.ts';

const metadata = z.object({});

test.each([[[]], [['a.txt']]])(
  'S4 S16 a draft whose folder was taken away is fenced, and says what to do: %j',
  async (files: readonly string[]) => {
    const storage = memoryStorage();
    const store = new SnapshotStore({ storage, metadata });
    const draft = await store.begin();
    for (const file of files) await draft.write(file, 'text');
    const [folder = ''] = storage.files.list('').filter((name) => name.startsWith('_tmp-'));
    for (const file of files) storage.files.remove(`${folder}/${file}`);
    storage.files.remove(folder);
    await expect(draft.finalize({})).rejects.toMatchObject({
      code: 'fenced',
      message: expect.stringMatching(/folder of the draft was removed.*begin again/),
    });
    expect(await store.current()).toBe(undefined);
    await using next = await store.begin();
    await next.write('a.txt', 'text');
    expect((await next.finalize({})).gen).toBe(1);
  },
);
