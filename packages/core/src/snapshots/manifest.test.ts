import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoryStorage } from '../testing/memory-storage.ts';
import { concatBytes } from './bytes.ts';
import { canonicalJson } from './canonical-json.ts';
import { layoutFormat } from './layout.ts';
import { decodeManifest, digestOf, encodeManifest, type Manifest } from './manifest.ts';

const entry = fc.record(
  {
    path: fc.string({ unit: 'binary', minLength: 1 }),
    bytes: fc.maxSafeNat(),
    sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
    mediaType: fc.string(),
  },
  { requiredKeys: ['path', 'bytes', 'sha256'] },
);

const manifests: fc.Arbitrary<Manifest> = fc.record({
  format: fc.constant(layoutFormat),
  gen: fc.nat(),
  id: fc.string(),
  createdAt: fc.maxSafeNat(),
  metadata: fc
    .oneof(fc.jsonValue(), fc.constant({ '"entries":[]': '"entries":[]', entries: [] }))
    .map((value) => JSON.parse(JSON.stringify(value))),
  entries: fc.oneof(
    fc.array(entry),
    // More than are encoded at a time.
    fc
      .integer({ min: 1020, max: 2060 })
      .chain((length) =>
        entry.map((one) => Array.from({ length }, (_, index) => ({ ...one, bytes: index }))),
      ),
  ),
});

test('S4 a manifest is written in its canonical form, and read as it was', () => {
  fc.assert(
    fc.property(manifests, (manifest) => {
      const bytes = concatBytes([...encodeManifest(manifest)]);
      expect(new TextDecoder().decode(bytes)).toBe(`${canonicalJson(manifest)}\n`);
      expect(decodeManifest(bytes, 'x')).toEqual(JSON.parse(JSON.stringify(manifest)));
    }),
    { numRuns: 200 },
  );
});

test('S14 whatever a manifest is damaged to, it is read as corrupt, and as nothing else', async () => {
  const storage = memoryStorage();
  const sha256 = await digestOf(new Uint8Array(), storage);
  const whole = {
    format: layoutFormat,
    gen: 1,
    id: 'x',
    createdAt: 1,
    metadata: null,
    entries: [{ path: 'a', bytes: 0, sha256 }],
  };
  const damages: readonly unknown[] = [
    null,
    [],
    7,
    {},
    { ...whole, format: 0 },
    { ...whole, gen: -1 },
    { ...whole, gen: 1.5 },
    { ...whole, id: 1 },
    { ...whole, createdAt: '1' },
    { ...whole, metadata: undefined },
    { ...whole, entries: {} },
    { ...whole, entries: [null] },
    { ...whole, entries: [{ path: 'a', bytes: 0 }] },
    { ...whole, entries: [{ path: 'a', bytes: 0, sha256: 'short' }] },
    { ...whole, entries: [{ path: 'a', bytes: -1, sha256 }] },
    { ...whole, entries: [{ path: 1, bytes: 0, sha256 }] },
    { ...whole, entries: [{ path: 'a', bytes: 0, sha256, mediaType: 1 }] },
  ];
  const utf8 = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  expect(decodeManifest(utf8(whole), 'x')).toEqual(whole);
  for (const damage of damages) {
    expect(() => decodeManifest(utf8(damage), 'x')).toThrow(
      expect.objectContaining({ code: 'corrupt' }),
    );
  }
  expect(() => decodeManifest(Uint8Array.of(0xff), 'x')).toThrow(
    expect.objectContaining({ code: 'corrupt' }),
  );
  expect(() => decodeManifest(utf8({ ...whole, format: 2 }), 'x')).toThrow(
    expect.objectContaining({ code: 'unsupported_format' }),
  );
});
