import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PackedTexts } from './packed-texts.ts';

test('S3 texts are found again, however many and however long', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 80 }),
    fc.integer({ min: 10_000, max: 80_000 }).map((length) => 'ä'.repeat(length)),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 40 }), (texts) => {
      const packed = new PackedTexts();
      const places = texts.map((each) => packed.add(each));
      expect(places.map((place) => packed.at(place))).toEqual(texts);
    }),
  );
});
