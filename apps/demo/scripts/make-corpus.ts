// Makes the binary files of the shipped corpus, the same bytes at every run:
//   node apps/demo/scripts/make-corpus.ts
import { writeFileSync } from 'node:fs';
import { strToU8, zipSync } from 'fflate';
import { PDFDocument, type PDFFont, StandardFonts } from 'pdf-lib';

const corpus = new URL('../../../corpus/', import.meta.url);
const date = new Date('2026-01-02T00:00:00Z');

interface Article {
  readonly title: string;
  /** One list of paragraphs a page. */
  readonly pages: readonly (readonly string[])[];
}

const promptCorner: Article = {
  title: 'The prompt corner',
  pages: [
    [
      'The prompt corner is a desk, a lamp with a blue gel, and a book. From here the show is run. In most houses it stands just behind the proscenium on the left of an actor who faces the audience, and that side of the stage is called the prompt side even where the corner has long been moved to the other one.',
      'The book lies in the middle of the desk. Its left pages carry the text, its right pages the cues, and a pencil line leads from the very syllable to the cue that hangs on it. A prompt book is written in pencil because every night is a correction of the night before.',
      'Above the desk are the cue lights: a red and a green lamp for every place that somebody waits. The clock beside them is set by the foyer clock, for it is the foyer that decides when the evening begins.',
    ],
    [
      'A visitor is sometimes shown the corner and asks which lever raises the curtain. There is none. The person in the corner moves nothing at all; the corner only says when.',
      'At the Lindenhof theatre the desk has a drawer that no key fits. It was locked in 1931 with seventeen pencils in it, and every stage manager since has knocked on it three times before an opening night.',
      'After the performance the report is written at this desk: the running time of each act, who was off, what broke, and one line about the audience. The shortest report on record says: "Full house. Fog. They stayed."',
    ],
  ],
};

const counterweights: Article = {
  title: 'Flying scenery by counterweight',
  pages: [
    [
      'Everything that hangs over a stage is balanced. A batten with its cloth goes up because a cradle of iron bricks goes down, and a hand on the rope adds only the difference. A piece of four hundred kilos can be flown by a person who weighs sixty, as long as the sum is right.',
      'Loading is therefore done in a strict order. With the batten at the floor, the scenery is tied on first and the bricks are loaded last, from the gallery under the roof. When the piece comes off again the bricks leave first. Whoever turns this round builds a catapult.',
      'The rope is held by a lock that is a courtesy, not a brake: it stands against fifty kilos of difference and no more. A runaway batten is never caught by hand. The crew shouts "heads", steps back under the gallery and lets it finish.',
      'The quietest fly crew in the country oiled their pulleys with lanolin and wore felt over their boots; a forest of twelve cloths left the stage in nine seconds, and the front row heard only the violins.',
    ],
  ],
};

const quickChange: readonly (readonly ['Heading1' | 'Heading2' | 'Normal', string])[] = [
  ['Heading1', 'Notes for a quick change'],
  [
    'Normal',
    'A quick change is a scene that nobody sees. Between the ball and the prison there are thirty-eight seconds, and in them the countess becomes the washerwoman: seven pieces off, five pieces on, one wig, no mirror.',
  ],
  ['Heading2', 'Before'],
  [
    'Normal',
    'The dresser lays the new costume on a black cloth in the order in which it goes on, first piece on top, shoes open and facing away. Laces are replaced by elastic, buttons are sewn over hook-and-loop tape, and the tape is tested for its noise.',
  ],
  ['Heading2', 'During'],
  [
    'Normal',
    'The actor holds still and breathes. Two dressers work, one above the waist and one below, and only the upper one speaks. A torch is held in the teeth, with a turquoise filter, because turquoise does not spill onto the gauze.',
  ],
  ['Heading2', 'After'],
  [
    'Normal',
    'The heap on the floor is counted before it is sorted. The change is done when the dresser has touched both earrings and said the word "clear", and not a moment earlier.',
  ],
];

await save('prompt-corner.pdf', await pdf(promptCorner));
const flying = await pdf(counterweights);
await save('counterweights.pdf', flying);
// Cut where neither its text nor its table of contents has come yet.
await save('torn-programme.pdf', flying.subarray(0, 400));
await save('quick-change.docx', docx(quickChange));

async function save(name: string, bytes: Uint8Array): Promise<void> {
  writeFileSync(new URL(name, corpus), bytes);
}

async function pdf({ title, pages }: Article): Promise<Uint8Array> {
  const document = await PDFDocument.create({ updateMetadata: false });
  document.setTitle(title);
  document.setCreationDate(date);
  document.setModificationDate(date);
  const body = await document.embedFont(StandardFonts.TimesRoman);
  const bold = await document.embedFont(StandardFonts.TimesRomanBold);
  for (const [number, paragraphs] of pages.entries()) {
    const page = document.addPage([420, 595]);
    let y = 540;
    if (number === 0) {
      page.drawText(title, { x: 48, y, size: 20, font: bold });
      y -= 36;
    }
    for (const paragraph of paragraphs) {
      for (const line of wrap(paragraph, body, 11, 324)) {
        page.drawText(line, { x: 48, y, size: 11, font: body });
        y -= 15;
      }
      y -= 9;
    }
  }
  return document.save({ useObjectStreams: false });
}

function wrap(text: string, font: PDFFont, size: number, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (font.widthOfTextAtSize(longer, size) <= width) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

function docx(paragraphs: typeof quickChange): Uint8Array {
  const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const body = paragraphs
    .map(
      ([style, text]) =>
        `<w:p><w:pPr><w:pStyle w:val="${style}"/></w:pPr><w:r><w:t>${escaped(text)}</w:t></w:r></w:p>`,
    )
    .join('');
  const style = (id: string, name: string): string =>
    `<w:style w:type="paragraph" w:styleId="${id}"><w:name w:val="${name}"/></w:style>`;
  const word = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
  const packages = 'http://schemas.openxmlformats.org/package/2006';
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const main = 'application/vnd.openxmlformats-officedocument.wordprocessingml';
  const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
  const parts: Record<string, string> = {
    '[Content_Types].xml': `${head}<Types xmlns="${packages}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="${main}.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="${main}.styles+xml"/></Types>`,
    '_rels/.rels': `${head}<Relationships xmlns="${packages}/relationships"><Relationship Id="rId1" Type="${office}/officeDocument" Target="word/document.xml"/></Relationships>`,
    'word/document.xml': `${head}<w:document xmlns:w="${word}"><w:body>${body}</w:body></w:document>`,
    'word/_rels/document.xml.rels': `${head}<Relationships xmlns="${packages}/relationships"><Relationship Id="rId1" Type="${office}/styles" Target="styles.xml"/></Relationships>`,
    'word/styles.xml': `${head}<w:styles xmlns:w="${word}">${style('Normal', 'Normal')}${style('Heading1', 'heading 1')}${style('Heading2', 'heading 2')}</w:styles>`,
  };
  const files = Object.fromEntries(
    Object.entries(parts).map(([name, text]) => [name, strToU8(text)]),
  );
  // An archive keeps local time: the same figures in every time zone are the same bytes.
  return zipSync(files, { mtime: new Date(2026, 0, 2), level: 9 });
}
