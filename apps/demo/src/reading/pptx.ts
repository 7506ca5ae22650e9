import { append } from './append.ts';
import { OfficePackage } from './office-package.ts';
import { type OfficeBlock, type OfficeTextOptions, OfficeTextReader } from './office-text.ts';
import type { Block, ParsedDocument, ParseLimits } from './parsed-document.ts';
import { commenters, drawnParts, notesOfParts, relatedParts } from './related-parts.ts';

const partsOfSlide = new Set(['notesSlide', 'comments', ...drawnParts]);

/** Presentations, slide by slide in their order, each with its title as heading and its notes after it. */
export async function parsePptx(bytes: Uint8Array, limits: ParseLimits): Promise<ParsedDocument> {
  const office = await OfficePackage.open(bytes, limits);
  const main = await office.mainPart('ppt/presentation.xml');
  const order: string[] = [];
  const sections: string[] = [];
  await office.walk(main, {
    open(name, attributes) {
      if (name === 'sldId') order.push(attributes.id ?? '');
      if (name === 'section') sections.push(attributes.name ?? '');
    },
  });
  const related = await office.relationships(main);
  const byId = new Map(related.map(({ id, target }) => [id, target]));
  const listed = order.map((id) => byId.get(id)).filter((name) => name !== undefined);
  const slides = listed.length > 0 ? listed : related.filter(isSlide).map(({ target }) => target);

  const blocks: Block[] = [];
  const left = new Set<string>();
  const behind = new Set<string>();
  for (const [index, slide] of slides.entries()) {
    const own = await readPart(slide);
    if (!own.some(({ kind }) => kind === 'heading')) {
      blocks.push({ kind: 'heading', text: `Slide ${index + 1}` });
    }
    // The title may stand anywhere among the shapes; what is on the slide belongs to it.
    append(
      blocks,
      own.filter(({ kind }) => kind === 'heading'),
    );
    append(
      blocks,
      own.filter(({ kind }) => kind !== 'heading'),
    );
    for (const { name } of await relatedParts(office, slide, partsOfSlide)) {
      append(blocks, textsOf(await readPart(name)));
    }
    for (const note of await notesOfParts(office, slide, partsOfSlide)) left.add(note);
    for (const name of await layoutAndMaster(slide)) behind.add(name);
  }
  const shownBehind: Block[] = [];
  for (const name of behind) {
    append(shownBehind, textsOf(await readPart(name, { withoutPlaceholders: true })));
  }
  for (const text of [...(await commenters(office, main)), ...sections]) {
    shownBehind.push({ kind: 'text', text });
  }
  const properties = await office.properties();
  const first = blocks.find(({ kind, text }) => kind === 'heading' && !/^Slide \d+$/.test(text));
  const others = properties.others.map((text): Block => ({ kind: 'text', text }));
  others.unshift(...shownBehind);
  if (others.length > 0) blocks.push({ kind: 'heading', text: '' }, ...others);
  return { title: properties.title || (first?.text ?? null), blocks, notes: [...left] };

  async function layoutAndMaster(slide: string): Promise<string[]> {
    const targetOf = async (part: string, wanted: string): Promise<string[]> =>
      (await office.relationships(part))
        .filter(({ kind }) => kind === wanted)
        .map(({ target }) => target);
    const [layout] = await targetOf(slide, 'slideLayout');
    return layout === undefined ? [] : [layout, ...(await targetOf(layout, 'slideMaster'))];
  }

  async function readPart(
    name: string,
    options: OfficeTextOptions = {},
  ): Promise<readonly OfficeBlock[]> {
    const reader = new OfficeTextReader(options);
    await office.walk(name, reader);
    for (const note of reader.left) left.add(note);
    return reader.finish();
  }
}

const isSlide = ({ kind }: { readonly kind: string }): boolean => kind === 'slide';

const textsOf = (blocks: readonly Block[]): Block[] =>
  blocks.map(({ text }) => ({ kind: 'text', text }));
