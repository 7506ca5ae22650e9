import { expect, test } from 'vitest';
import { textOf } from '../testing/parsing.ts';
import { withCutWords } from './cut-words.ts';

const shown = async (source: string, extension: string): Promise<string> =>
  (await textOf(source, extension)).replace(/\s+/g, ' ').trim();

test.each([
  ['.txt', 'the mana-\nger', 'the mana- ger manager'],
  ['.txt', 'the mana- \r\n  ger is', 'the mana- ger is manager'],
  [
    '.txt',
    'self-\nevident and well-\nknown',
    'self- evident and well- known selfevident wellknown',
  ],
  [
    '.txt',
    'Do\u00ad\nnau thea\u2010\ntre fo\u00ac\nlio',
    'Do\u00ad nau thea\u2010 tre fo\u00ac lio Donau theatre folio',
  ],
  ['.txt', 'Bühnen-\nbeleuch-\ntung', 'Bühnen- beleuch- tung Bühnenbeleuchtung beleuchtung'],
  ['.txt', 'at the page-\n\f\nend', 'at the page- end pageend'],
  ['.txt', 'Ein-\nund Aus-\ngang', 'Ein- und Aus- gang Ausgang'],
  [
    '.txt',
    'COVID-\n19, A-\nb, list -\nitem, x--\ny, Meier-\nM',
    'COVID- 19, A- b, list - item, x-- y, Meier- M',
  ],
  ['.txt', 'state-of-the-\nart', 'state-of-the- art'],
  ['.md', 'the mana-\nger', 'the mana- ger manager'],
  ['.html', '<p>the mana-<br>ger', 'the mana- ger manager'],
  [
    '.eml',
    'From: a@b.c\nTo: d\n\n> the mana-\n> ger',
    'From: a@b.c To: d > the mana- > ger manager',
  ],
])(
  'D2 a word that the end of a line cuts is found whole, and as it is written: %s %j',
  async (extension, source, text) => {
    expect(await shown(source, extension)).toBe(text);
  },
);

test.each(['ab-\n', 'ab- ', '-', 'a\u0301', 'ab-\n>>>>>', `${'x'.repeat(39)}-\n`, '\n'])(
  'D12 a text of tens of thousands of %j is looked through in one pass',
  (piece) => {
    const [block] = withCutWords([{ kind: 'text', text: piece.repeat(50_000) }]);
    expect(block?.text.startsWith(piece)).toBe(true);
  },
);
