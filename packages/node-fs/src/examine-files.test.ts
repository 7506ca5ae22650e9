import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ExamineRequest } from '@offstage/core/storage';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { FileExaminer } from './examine-files.ts';
import { isWindows } from './posix.ts';

/** So few that no thread is asked, and so many that threads are. */
const few = 50;
const many = 256;

/** A folder with whatever may lie in one. */
function folderOf(sizes: readonly number[]): { root: string; paths: string[] } {
  const root = fs.mkdtempSync(join(tmpdir(), 'offstage-'));
  onTestFinished(() => fs.rmSync(root, { recursive: true }));
  fs.mkdirSync(join(root, 'folder'));
  const paths = sizes.map((size, index) => {
    const path = `${index % 2 === 0 ? 'folder/' : ''}файл ${index}`;
    fs.writeFileSync(join(root, path), Buffer.alloc(size, index));
    return path;
  });
  fs.linkSync(join(root, paths[0] ?? ''), join(root, 'second name'));
  paths.push('second name', 'folder', 'missing', 'missing/below', `${paths[0]}/below a file`);
  if (!isWindows) {
    fs.symlinkSync(join(root, paths[1] ?? ''), join(root, 'link'));
    fs.symlinkSync('nowhere', join(root, 'broken link'));
    execFileSync('mkfifo', [join(root, 'pipe')]);
    paths.push('link', 'broken link', 'pipe');
  }
  return { root, paths };
}

const quarter = 256 * 1024;
const sizes = [0, 1, 4096, quarter - 1, quarter, quarter + 1, 3 * quarter];

test('S6 S9 threads see the same as asynchronous calls, whatever lies there and in whatever order', async () => {
  const { root, paths } = folderOf(sizes);
  const examiner = new FileExaminer(root);
  const request = fc.record({ path: fc.constantFrom(...paths), hash: fc.boolean() });
  const requests = fc.array(request, { minLength: many, maxLength: 3 * many, size: 'max' });
  const inParts = async <T, R>(items: readonly T[], look: (part: T[]) => Promise<readonly R[]>) => {
    const parts: R[] = [];
    for (let at = 0; at < items.length; at += few) {
      parts.push(...(await look(items.slice(at, at + few))));
    }
    return parts;
  };
  await fc.assert(
    fc.asyncProperty(requests, fc.boolean(), async (asked, sync) => {
      const look = (part: readonly ExamineRequest[]) => examiner.examine(part, { sync });
      expect(await look(asked)).toEqual(await inParts(asked, look));
      const names = asked.map(({ path }) => path);
      const stat = (part: readonly string[]) => examiner.stat(part);
      expect(await stat(names)).toEqual(await inParts(names, stat));
    }),
    // Hundreds of names get no clearer by leaving some out.
    { numRuns: 20, endOnFailure: true },
  );
});

test('S18 a name that cannot be looked at ends the look with its error, and the next one works', async () => {
  const { root, paths } = folderOf(sizes);
  const examiner = new FileExaminer(root);
  const good = Array.from({ length: 4 * many }, () => ({ path: paths[2] ?? '', hash: true }));
  const bad = good.with(many, { path: 'n'.repeat(5000), hash: true });
  await expect(examiner.examine(bad, { sync: false })).rejects.toMatchObject({
    code: 'ENAMETOOLONG',
  });
  await expect(examiner.stat(bad.map(({ path }) => path))).rejects.toMatchObject({
    code: 'ENAMETOOLONG',
  });
  const [first, ...others] = await examiner.examine(good, { sync: false });
  expect(first).toMatchObject({ hashed: { bytes: 4096 } });
  expect(others).toEqual(others.map(() => first));
});

test('S5 a look that is called off rejects with the reason, and the next one works', async () => {
  const { root, paths } = folderOf(sizes);
  const examiner = new FileExaminer(root);
  const requests = Array.from({ length: 8 * many }, () => ({ path: paths[6] ?? '', hash: true }));
  const reason = new Error('called off');
  const stop = new AbortController();
  const looking = examiner.examine(requests, { sync: false, signal: stop.signal });
  setImmediate(() => stop.abort(reason));
  await expect(looking).rejects.toBe(reason);
  await expect(
    examiner.examine(requests, { sync: false, signal: AbortSignal.abort(reason) }),
  ).rejects.toBe(reason);
  const seen = await examiner.examine(requests.slice(0, many), { sync: false });
  expect(seen).toHaveLength(many);
  expect(new Set(seen.map((one) => JSON.stringify(one))).size).toBe(1);
});

const again = Array.from({ length: many }, () => ({ path: 'second name', hash: true }));

test.each([
  ['S5 a signal at once', 'called off', (root: string) => fs.promises.stat(root)],
  ['S5 a signal later', 'called off', (root: string) => examineAgain(new FileExaminer(root))],
  ['S18 an error at another file', 'ENAMETOOLONG', undefined],
])('%s calls off the hashing of files that would take for ever', async (_, reason, before) => {
  const { root } = folderOf(sizes);
  const endless = ['endless', 'endless too'].map((path) => {
    fs.writeFileSync(join(root, path), '');
    fs.truncateSync(join(root, path), 2 ** 42);
    return { path, hash: true };
  });
  const examiner = new FileExaminer(root);
  const stop = new AbortController();
  void before?.(root).then(() => stop.abort(new Error(reason)));
  const bad = before === undefined ? [{ path: 'n'.repeat(5000), hash: false }] : [];
  const requests = [...bad, ...endless];
  await expect(examiner.examine(requests, { sync: false, signal: stop.signal })).rejects.toThrow(
    reason,
  );
  // The threads are free.
  expect(await examineAgain(examiner)).toHaveLength(many);
});

const examineAgain = (examiner: FileExaminer) => examiner.examine(again, { sync: false });

test('S6 threads are ready for very many files by the time these are asked for, and start once', async () => {
  const { root, paths } = folderOf(sizes);
  let started = 0;
  const onWorker = (): void => {
    started += 1;
  };
  process.on('worker', onWorker);
  onTestFinished(() => void process.off('worker', onWorker));
  const examiner = new FileExaminer(root);
  for (let file = 1; file < many; file += 1) examiner.expect();
  await nextTurn();
  expect(started).toBe(0);
  examiner.expect();
  await nextTurn();
  const count = Math.min(4, availableParallelism());
  expect(started).toBe(count);
  for (let file = 0; file < many; file += 1) examiner.expect();
  const requests = Array.from({ length: many }, () => ({ path: paths[0] ?? '', hash: true }));
  expect(await examiner.examine(requests, { sync: false })).toHaveLength(many);
  expect(started).toBe(count);
});
