import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chunk, chunkDefaults, tidy } from './chunk.ts';
import type { Block } from './parsed-document.ts';

const text = (value: string): Block => ({ kind: 'text', text: value });
const heading = (value: string): Block => ({ kind: 'heading', text: value });

test('D2 a passage stays under its heading, and a heading begins a new one', () => {
  expect(
    chunk([text('Before.'), heading('One'), text('A.'), text('B.'), heading('Two'), text('C.')]),
  ).toEqual([
    { heading: '', text: 'Before.' },
    { heading: 'One', text: 'A. B.' },
    { heading: 'Two', text: 'C.' },
  ]);
});

test('D2 long text is cut at sentences, and neighbours overlap', () => {
  const sentences = Array.from({ length: 60 }, (_, n) => `Sentence number ${n} stands here alone.`);
  const passages = chunk([text(sentences.join(' '))]);
  expect(passages.length).toBeGreaterThan(2);
  for (const [index, passage] of passages.entries()) {
    expect(passage.text).toMatch(/^Sentence number \d+ .*alone\.$/);
    const next = passages[index + 1];
    const last = passage.text.match(/Sentence number \d+ stands here alone\.$/)?.[0] ?? '';
    if (next !== undefined) expect(next.text).toContain(last);
  }
});

test('D2 a document of headings alone is found by them', () => {
  expect(chunk([heading('Only this')])).toEqual([{ heading: 'Only this', text: 'Only this' }]);
  expect(chunk([])).toEqual([]);
});

test('D2 no grapheme is parted where there is no space to cut at', () => {
  const family = '👩‍👩‍👧‍👦';
  const passages = chunk([text(family.repeat(400))]);
  expect(passages.length).toBeGreaterThan(1);
  for (const passage of passages) expect(passage.text.replaceAll(family, '')).toBe('');
});

test('D2 whatever the text, passages are bounded, well-formed, free of controls, and lose no word', () => {
  const word = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.string({ maxLength: 2000 }),
  );
  const block = fc.record({
    kind: fc.constantFrom('heading' as const, 'text' as const, 'text' as const),
    text: fc.array(word, { maxLength: 60 }).map((words) => words.join(' ')),
  });
  fc.assert(
    fc.property(fc.array(block, { maxLength: 8 }), (blocks) => {
      const passages = chunk(blocks);
      const all = passages.map((passage) => passage.text).join('\n');
      for (const passage of passages) {
        expect(passage.text.length).toBeLessThanOrEqual(chunkDefaults.maxLength);
        expect(passage.text.isWellFormed() && passage.heading.isWellFormed()).toBe(true);
        expect(passage.text).not.toMatch(/\p{Cc}/u);
      }
      for (const { kind, text: source } of blocks) {
        if (kind === 'heading') continue;
        for (const part of tidy(source).split(' '))
          if (part.length < 60) expect(all).toContain(part);
      }
    }),
    { numRuns: 200 },
  );
});
