import { strToU8, zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { packageOf } from '../testing/packages.ts';
import { ZipArchive } from './zip-archive.ts';

const limit = 1024 * 1024;
const blanks = new Uint8Array(limit).fill(0x20);

/** The archive with something else said of its first part, in its list and in front of the part. */
function claiming(
  archive: Uint8Array,
  { bytes, method }: { readonly bytes?: number; readonly method?: number },
): Buffer {
  const changed = Buffer.from(archive);
  const list = changed.indexOf('PK\u0001\u0002', 0, 'latin1');
  if (bytes !== undefined) {
    changed.writeUInt32LE(bytes, list + 24);
    changed.writeUInt32LE(bytes, 22);
  }
  if (method !== undefined) {
    changed.writeUInt16LE(method, list + 10);
    changed.writeUInt16LE(method, 8);
  }
  return changed;
}

const readFirst = async (archive: Uint8Array): Promise<string | undefined> =>
  (await (await ZipArchive.open(archive, limit)).read('a.txt'))?.toString();

test('D2 parts are read as they were packed, be they empty, stored or deflated', async () => {
  const text = 'Curtain up. '.repeat(1000);
  expect(await readFirst(packageOf({ 'a.txt': text }))).toBe(text);
  expect(await readFirst(packageOf({ 'a.txt': '' }))).toBe('');
  expect(await readFirst(zipSync({ 'a.txt': strToU8(text) }, { level: 0 }))).toBe(text);
  expect(await readFirst(zipSync({ 'a.txt': new Uint8Array() }, { level: 0 }))).toBe('');
  expect(await readFirst(packageOf({ 'b.txt': text }))).toBe(undefined);
});

test('D6 a part is unpacked no further than its archive says that it goes', async () => {
  const lying = claiming(packageOf({ 'a.txt': blanks }), { bytes: 10 });
  await expect(readFirst(lying)).rejects.toMatchObject({
    code: 'damaged',
    cause: { code: 'ERR_BUFFER_TOO_LARGE' },
  });
});

test.each<[string, Uint8Array]>([
  ['of an empty part that is none', claiming(packageOf({ 'a.txt': blanks }), { bytes: 0 })],
  ['that is shorter', claiming(packageOf({ 'a.txt': 'text' }), { bytes: 5 })],
  [
    'that is stored and shorter',
    claiming(zipSync({ 'a.txt': strToU8('text') }, { level: 0 }), { bytes: 5 }),
  ],
  ['that is packed in another way', claiming(packageOf({ 'a.txt': 'text' }), { method: 12 })],
  ['that is not packed at all', claiming(packageOf({ 'a.txt': 'x'.repeat(99) }), { method: 0 })],
])('D6 what an archive says of a part %s is damage', async (_name, archive) => {
  await expect(readFirst(archive)).rejects.toMatchObject({ code: 'damaged' });
});

test('D6 what is read of all parts together has the limit, and what they claim has it before', async () => {
  const half = blanks.subarray(0, limit / 2 + 1);
  const archive = await ZipArchive.open(packageOf({ 'a.txt': half, 'b.txt': half }), limit);
  expect((await archive.read('a.txt'))?.length).toBe(half.length);
  await expect(archive.read('b.txt')).rejects.toMatchObject({ code: 'too_large' });
  const claimed = claiming(packageOf({ 'a.txt': 'text' }), { bytes: limit + 1 });
  await expect(readFirst(claimed)).rejects.toMatchObject({ code: 'too_large' });
});
