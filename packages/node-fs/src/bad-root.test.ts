import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SnapshotStore } from '@offstage/core';
import { hostileArguments, isCoded, outcomeOf } from '@offstage/core/testing';
import { afterEach, beforeEach, describe, expect, type TestContext, test } from 'vitest';
import { payloadSchema, problemsOf, publish } from '../fixtures/crash/payload.ts';
import { unmount } from '../fixtures/unmount.ts';
import { nodeStorage } from './node-storage.ts';

const fixture = fileURLToPath(new URL('../fixtures/try-store.ts', import.meta.url));
const nobody = 65534;
const isRoot = process.getuid?.() === 0;

let scratch = '';
let folder = '';
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'offstage-'));
  chmodSync(scratch, 0o755);
  folder = join(scratch, 'store');
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const storeIn = (root: string) =>
  new SnapshotStore({ storage: nodeStorage(root), metadata: payloadSchema, retain: 1 });

const errorOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'resolved',
    (error: unknown) => error,
  );

async function currentText(root = folder): Promise<string | undefined> {
  await using version = await storeIn(root).current();
  expect(version && (await problemsOf(version))).toEqual(version && []);
  return version?.metadata.text;
}

/** What is there after a publish that went well: nothing but one version. */
const onlyOneVersion = ['CURRENT', 'LOCK', expect.stringMatching(/^\d+-/)];
const names = (): readonly string[] => readdirSync(folder).sort();
async function expectGoesOn(): Promise<void> {
  await publish(storeIn(folder), 'few', 'later');
  expect(await currentText()).toBe('later');
  expect(names().filter((name) => !/^\d/.test(name))).toEqual(['CURRENT', 'LOCK']);
  expect(names().length).toBe(onlyOneVersion.length);
}

interface Attempt {
  readonly read?: unknown;
  readonly published: unknown;
  readonly then?: Attempt;
}

/** Reads and publishes as a user without rights: as somebody else where this is root. */
function tryAsNobody(context: TestContext, root = folder): Attempt {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--conditions=@offstage/source', fixture, root],
    { encoding: 'utf8', cwd: '/', ...(isRoot && { uid: nobody, gid: nobody }) },
  );
  if (isRoot && status !== 0 && /EACCES|EPERM/.test(stderr)) {
    context.skip('the sources may not be read by another user');
  }
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

const refused = (code: string, advice: RegExp) => ({
  code,
  message: expect.stringMatching(advice),
});
const denied = refused('storage_denied', /check the permissions/);

describe.skipIf(process.platform === 'win32')('a root without permission', () => {
  test('S18 may not be written: readers read, a writer is told', async (context) => {
    await publish(storeIn(folder), 'few', 'old');
    chmodSync(folder, 0o555);
    const { read, published } = tryAsNobody(context);
    expect(read).toEqual({ text: 'old', problems: [] });
    expect(published).toEqual(denied);
    chmodSync(folder, 0o755);
    await expectGoesOn();
  });

  test('S18 may not be entered', async (context) => {
    await publish(storeIn(folder), 'few', 'old');
    chmodSync(folder, 0o000);
    expect(tryAsNobody(context)).toEqual({ read: denied, published: denied });
    chmodSync(folder, 0o755);
    expect(await currentText()).toBe('old');
  });

  test('S18 cannot be made, for the folder above belongs to another', async (context) => {
    chmodSync(scratch, 0o555);
    expect(tryAsNobody(context)).toEqual({ published: denied });
    chmodSync(scratch, 0o755);
    expect(existsSync(folder)).toBe(false);
  });

  test('S18 has a CURRENT that may not be read', async (context) => {
    await publish(storeIn(folder), 'few', 'old');
    chmodSync(folder, 0o777);
    chmodSync(join(folder, 'LOCK'), 0o666);
    chmodSync(join(folder, 'CURRENT'), 0o000);
    expect(tryAsNobody(context)).toEqual({ read: denied, published: denied });
    chmodSync(join(folder, 'CURRENT'), 0o644);
    await expectGoesOn();
  });

  test('S18 S16 has versions of another user: it is published beside them', async (context) => {
    await publish(storeIn(folder), 'few', 'old');
    chmodSync(folder, 0o777);
    chmodSync(join(folder, 'LOCK'), 0o666);
    const { read, published } = tryAsNobody(context);
    expect(read).toEqual({ text: 'old', problems: [] });
    expect(published).toMatchObject({ gen: 2 });
    expect(await currentText()).toBe('new');
    await expectGoesOn();
  });
});

test.runIf(process.allowedNodeEnvironmentFlags.has('--permission'))(
  'S18 S8 the permission model of Node.js is named where it refuses, and a reader reads under it',
  async () => {
    await publish(storeIn(folder), 'few', 'old');
    const flags = ['--conditions=@offstage/source', '--disable-warning=SecurityWarning'];
    const allowed = ['--permission', '--allow-fs-read=*', '--allow-addons'];
    for (const written of [[], [`--allow-fs-write=${folder}/*`]]) {
      const { stdout } = spawnSync(
        process.execPath,
        [...flags, ...allowed, ...written, fixture, folder],
        { encoding: 'utf8' },
      );
      expect(JSON.parse(stdout)).toEqual({
        read: { text: 'old', problems: [] },
        published: refused('storage_denied', /permission model/),
      });
    }
    await expectGoesOn();
  },
);

// Elsewhere a file system takes no such name.
test.runIf(process.platform === 'linux')(
  'S3 S6 a name that is no UTF-8 is refused as that, wherever it stands in the draft, and the draft goes',
  async () => {
    for (const below of ['', 'deep/']) {
      const store = storeIn(folder);
      await using draft = await store.begin();
      const at = draft.path('sub');
      mkdirSync(at);
      const bad = Buffer.concat([Buffer.from(`${at}/`), Buffer.from([0x61, 0xe4])]);
      if (below === '') writeFileSync(bad, '');
      else mkdirSync(bad);
      const error = await errorOf(draft.finalize({ text: 'bad' }));
      expect(error).toMatchObject({
        code: 'unsafe_entry',
        message: expect.stringContaining('no valid UTF-8'),
      });
      expect(names()).toEqual(['CURRENT', 'LOCK']);
    }
  },
);

describe('a root that is something else', () => {
  // It is there, it may be entered, and nothing can be made in it.
  test.runIf(existsSync('/proc/self'))('S18 would be in a folder that takes none', async () => {
    for (const root of ['/proc/offstage', '/proc/offstage/store']) {
      const store = storeIn(root);
      expect(await store.current()).toBe(undefined);
      expect(await errorOf(store.begin())).toMatchObject({ code: 'storage_failed' });
    }
  });

  test('S18 would be behind a link that leads nowhere, or a file', async () => {
    symlinkSync(join(scratch, 'nowhere'), folder);
    writeFileSync(join(scratch, 'file'), '');
    for (const root of [folder, join(folder, 'deeper'), join(scratch, 'file', 'store')]) {
      const error = await errorOf(storeIn(root).begin());
      expect(error).toMatchObject({ code: 'storage_failed' });
      expect(String(error)).toContain('move it away');
    }
    expect(existsSync(join(scratch, 'nowhere'))).toBe(false);
  });

  test('S8 is missing: nothing is published there, and reading makes nothing', async () => {
    expect(await currentText(join(folder, 'deep', 'down'))).toBeUndefined();
    expect(existsSync(folder)).toBe(false);
    await publish(storeIn(join(folder, 'deep', 'down')), 'few', 'first');
    expect(await currentText(join(folder, 'deep', 'down'))).toBe('first');
  });

  test.each([
    ['is a file', ''],
    ['is below a file', 'below'],
  ])('S18 %s: a coded error that names it, and the file is untouched', async (_title, below) => {
    writeFileSync(folder, 'mine');
    const error = await errorOf(storeIn(join(folder, below)).begin());
    expect(error).toMatchObject({
      code: 'storage_failed',
      message: expect.stringContaining(folder),
    });
    expect(readFileSync(folder, 'utf8')).toBe('mine');
  });

  test('S16 is a link to a folder on another device: it works there', async (context) => {
    const memory = '/dev/shm';
    if (!existsSync(memory) || statSync(memory).dev === statSync(scratch).dev) {
      context.skip('there is no second device');
    }
    const elsewhere = mkdtempSync(join(memory, 'offstage-'));
    try {
      symlinkSync(elsewhere, folder);
      await publish(storeIn(folder), 'few', 'first');
      await publish(storeIn(folder), 'reuse few', 'second');
      expect(await currentText()).toBe('second');
      expect(await currentText(realpathSync(folder))).toBe('second');
      expect(readdirSync(elsewhere)).toContain('CURRENT');
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });

  test.skipIf(process.platform === 'win32')(
    'S7 has a pipe called LOCK: nobody writes, and nobody waits for it',
    async () => {
      await publish(storeIn(folder), 'few', 'old');
      rmSync(join(folder, 'LOCK'));
      execFileSync('mkfifo', [join(folder, 'LOCK')]);
      for (const work of [storeIn(folder).begin(), storeIn(folder).repair()]) {
        const error = await errorOf(work);
        expect(error).toMatchObject({ code: 'storage_failed' });
        expect(String(error)).toContain('move it away');
      }
      expect(await currentText()).toBe('old');
      rmSync(join(folder, 'LOCK'));
      await expectGoesOn();
    },
  );

  test('S7 has a folder called LOCK: nobody writes, and the error tells what to do', async () => {
    mkdirSync(join(folder, 'LOCK'), { recursive: true });
    const error = await errorOf(storeIn(folder).begin());
    expect(error).toMatchObject({
      code: 'storage_failed',
      message: expect.stringMatching(/LOCK.*move it away/s),
    });
    expect(readdirSync(folder)).toEqual(['LOCK']);
    expect(await currentText()).toBeUndefined();
  });

  test('S7 S15 has lost its LOCK: the next writer makes another', async () => {
    await publish(storeIn(folder), 'few', 'old');
    rmSync(join(folder, 'LOCK'));
    expect(await currentText()).toBe('old');
    await expectGoesOn();
  });

  test('S18 holds a folder called CURRENT: corrupt, and nothing is deleted', async () => {
    await publish(storeIn(folder), 'few', 'old');
    const before = readdirSync(folder).filter((name) => name !== 'CURRENT');
    rmSync(join(folder, 'CURRENT'));
    mkdirSync(join(folder, 'CURRENT'));
    expect(await errorOf(storeIn(folder).begin())).toMatchObject({ code: 'corrupt' });
    expect(await errorOf(storeIn(folder).current())).toMatchObject({ code: 'corrupt' });
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(before));
  });

  test('S16 S15 is full of what is not ours, and of debris', async () => {
    await publish(storeIn(folder), 'few', 'old');
    const count = 2000;
    const id = (index: number): string => String(index).padStart(16, '0');
    for (let index = 0; index < count; index += 1) {
      writeFileSync(join(folder, `foreign-${index}`), '');
      if (index % 4 === 0) mkdirSync(join(folder, `_tmp-${id(index)}`));
      if (index % 4 === 1) mkdirSync(join(folder, `${index + 1}-${id(index)}`));
    }
    await publish(storeIn(folder), 'few', 'new');
    expect(await currentText()).toBe('new');
    const left = readdirSync(folder);
    expect(left.filter((name) => name.startsWith('foreign-')).length).toBe(count);
    expect(left.length).toBe(count + onlyOneVersion.length);
  });
});

describe('mounts', () => {
  const mountable = (context: TestContext): void => {
    if (process.platform !== 'linux' || !isRoot) context.skip('needs root on Linux to mount');
  };

  test('S12 S16 what is mounted on a version keeps it, and publishing goes on', async (context) => {
    mountable(context);
    await publish(storeIn(folder), 'few', 'old');
    const version = readdirSync(folder).find((name) => /^\d/.test(name)) ?? '';
    try {
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(folder, version)], { stdio: 'pipe' });
    } catch {
      context.skip('may not mount here');
    }
    try {
      // Its files are hidden, so it is damaged, and publishing anew is the way out.
      expect(await errorOf(storeIn(folder).current())).toMatchObject({ code: 'corrupt' });
      await publish(storeIn(folder), 'few', 'new');
      expect(await currentText()).toBe('new');
    } finally {
      await unmount(join(folder, version));
    }
    await expectGoesOn();
  });

  test('S18 a disk that is mounted read-only: readers read, a writer is told', async (context) => {
    mountable(context);
    await publish(storeIn(folder), 'few', 'old');
    const view = join(scratch, 'view');
    mkdirSync(view);
    try {
      execFileSync('mount', ['--bind', '-o', 'ro', folder, view], { stdio: 'pipe' });
    } catch {
      context.skip('may not mount here');
    }
    try {
      expect(await errorOf(storeIn(view).begin())).toMatchObject({
        code: 'storage_denied',
        cause: { code: 'EROFS' },
      });
      expect(await currentText(view)).toBe('old');
    } finally {
      await unmount(view);
    }
    await expectGoesOn();
  });
});

describe.skipIf(process.platform === 'win32')('too few file descriptors', () => {
  /** @param left how many may still be opened, besides what Node.js has open already. */
  const tryWith = (left: number): Attempt => {
    const command = 'ulimit -n 80; exec "$0" "$@"';
    const { stdout, stderr } = spawnSync(
      'sh',
      [
        '-c',
        command,
        process.execPath,
        '--conditions=@offstage/source',
        fixture,
        folder,
        `${left}`,
      ],
      // Node.js reads certificates whenever it likes, and says so where it cannot.
      { encoding: 'utf8', env: { ...process.env, NODE_EXTRA_CA_CERTS: undefined } },
    );
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  };

  test.each([0, 1, 2, 3, 4, 5, 6, 8])(
    'S18 %d are left: a coded error, the old version intact, and later all is well',
    async (left) => {
      await publish(storeIn(folder), 'few', 'old');
      const attempt = tryWith(left);
      const tooMany = refused('storage_failed', /ulimit -n/);
      expect([{ text: 'old', problems: [] }, tooMany]).toContainEqual(attempt.read);
      if (typeof attempt.published !== 'object' || attempt.published === null) throw attempt;
      if ('code' in attempt.published) expect(attempt.published).toEqual(tooMany);
      else expect(attempt.published).toMatchObject({ gen: 2 });
      // The same process, once there are enough again.
      expect(attempt.then).toMatchObject({
        read: { problems: [] },
        published: { text: 'next' },
      });
      expect(await currentText()).toBe('next');
      expect(names().length).toBe(onlyOneVersion.length);
    },
  );
});

test('F1 S1 what is no path of a folder is a coded error', async () => {
  const faults: string[] = [];
  for (const { name, options } of hostileArguments()) {
    // Some texts are names of folders, which would be made where the tests run.
    if (typeof options === 'string' && options.length < 100 && !options.includes('\0')) continue;
    const outcome = await outcomeOf(async () => {
      const storage = nodeStorage(options as string);
      await new SnapshotStore({ storage, metadata: payloadSchema }).begin();
    }, 100_000);
    if (outcome === 'fine' || !isCoded(outcome)) faults.push(`${name}: ${outcome}`);
  }
  expect(faults).toEqual([]);
});
