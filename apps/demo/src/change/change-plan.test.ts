import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FileRow } from '../search/search-index.ts';
import { planChange } from './change-plan.ts';
import type { StagedFile } from './change-work.ts';

const row = (path: string, sha256: string, indexed = true): FileRow => ({
  ...{ path, sha256, indexed, bytes: 1, document: `id-${path}`, addedAt: 0 },
  failure: indexed ? null : { code: 'damaged', message: 'it is damaged' },
  isOutdated: false,
});
const file = (name: string, sha256: string, upload = `${name}-${sha256}`): StagedFile => ({
  ...{ upload, name, sha256, bytes: 1, staged: `/staging/${upload}` },
});

test('D5 two documents that swap their contents are both changed', () => {
  const base = [row('a.md', '1'), row('b.md', '2')];
  const plan = planChange(base, { add: [file('b.md', '1'), file('a.md', '2')] });
  expect(plan.files.map(({ name, replaces }) => [name, replaces])).toEqual([
    ['b.md', true],
    ['a.md', true],
  ]);
  expect(plan.duplicates).toEqual([]);
});

test('D6 what failed before is tried again', () => {
  const plan = planChange([row('a.md', '1', false)], { add: [file('a.md', '1')] });
  expect(plan.files).toMatchObject([{ name: 'a.md', replaces: true }]);
});

test('D6 a failed file that is asked for is read again, unless it goes or another takes its place', () => {
  const base = [row('a.md', '1', false), row('b.md', '2', false), row('c.md', '3')];
  const retry = ['id-a.md', 'id-b.md', 'id-c.md', 'id-gone.md'];
  const names = (asked: Omit<Parameters<typeof planChange>[1], 'retry'>) =>
    planChange(base, { ...asked, retry }).retried.map(({ path }) => path);
  expect(names({ add: [] })).toEqual(['a.md', 'b.md']);
  expect(names({ add: [], remove: ['id-b.md'] })).toEqual(['a.md']);
  expect(names({ add: [file('a.md', '7')] })).toEqual(['b.md']);
});

test('D5 what is removed and added at once is added', () => {
  const plan = planChange([row('a.md', '1')], {
    ...{ add: [file('a.md', '1')], remove: ['id-a.md'] },
  });
  expect(plan).toMatchObject({
    files: [{ name: 'a.md', replaces: false }],
    removed: [{ path: 'a.md' }],
  });
});

test('D5 D12 names and contents stay unique, no content is lost, and doing it again changes nothing', () => {
  const name = fc.constantFrom('a.md', 'b.md', 'c.md', 'a (2).md', 'noext', 'dir/.hidden');
  const content = fc.constantFrom('1', '2', '3', '4', '5');
  const bases = fc
    .uniqueArray(fc.tuple(name, content), { selector: ([path]) => path })
    .chain((rows) => fc.constant([...new Map(rows.map((one) => [one[1], one])).values()]));
  fc.assert(
    fc.property(bases, fc.array(fc.tuple(name, content)), (baseRows, adds) => {
      const base = baseRows.map(([path, sha256]) => row(path, sha256));
      const add = adds.map(([path, sha256], n) => file(path, sha256, `u${n}`));
      const plan = planChange(base, { add });
      const after = new Map(base.map(({ path, sha256 }) => [path, sha256]));
      for (const { name, staged, replaces } of plan.files) {
        expect(replaces).toBe(after.has(name) && base.some(({ path }) => path === name));
        after.set(name, staged.sha256);
      }
      expect(plan.files.length + plan.duplicates.length).toBe(add.length);
      // Each name once, and each content that was sent is there.
      expect(new Set(plan.files.map((planned) => planned.name)).size).toBe(plan.files.length);
      for (const { sha256 } of add) expect([...after.values()]).toContain(sha256);
      const again = planChange(
        [...after].map(([path, sha256]) => row(path, sha256 ?? '')),
        { add },
      );
      expect(again.files).toEqual([]);
    }),
    { numRuns: 2000 },
  );
});
