import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeFrame, FrameReader } from './frames.ts';

test('D6 frames come out as they went in, however the pipe cuts them', () => {
  const frame = fc.record({ header: fc.jsonValue(), body: fc.uint8Array({ maxLength: 300 }) });
  const cuts = fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1 });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 20 }), cuts, (frames, sizes) => {
      const bytes = Buffer.concat(
        frames.flatMap(({ header, body }) => [...encodeFrame(header, body)]),
      );
      const reader = new FrameReader();
      const found: unknown[] = [];
      for (let at = 0, cut = 0; at < bytes.length; cut += 1) {
        const size = sizes[cut % sizes.length] ?? 1;
        for (const { header, headerText, body } of reader.push(bytes.subarray(at, at + size))) {
          expect(Buffer.from(headerText).toString()).toBe(JSON.stringify(header));
          found.push({ header, body: new Uint8Array(body) });
        }
        at += size;
      }
      expect(JSON.stringify(found)).toBe(JSON.stringify(frames));
    }),
  );
});

test('D6 a frame that is too long is refused before it has come', () => {
  const reader = new FrameReader(1000);
  const [head = new Uint8Array()] = encodeFrame({}, new Uint8Array(2000));
  expect(() => [...reader.push(Buffer.from(head))]).toThrow('too long');
});
