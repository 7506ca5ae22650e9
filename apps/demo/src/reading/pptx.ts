import { OfficePackage } from './office-package.ts';
import { type OfficeBlock, OfficeTextReader } from './office-text.ts';
import type { Block, ParsedDocument, ParseLimits } from './parsed-document.ts';

const partsOfSlide = new Set(['notesSlide', 'comments', 'chart', 'chartEx', 'diagramData']);

/** Presentations, slide by slide in their order, each with its title as heading and its notes after it. */
export async function parsePptx(bytes: Uint8Array, limits: ParseLimits): Promise<ParsedDocument> {
  const office = await OfficePackage.open(bytes, limits);
  const main = await office.mainPart('ppt/presentation.xml');
  const order: string[] = [];
  await office.walk(main, {
    open(name, attributes) {
      if (name === 'sldId') order.push(attributes.id ?? '');
    },
  });
  const related = await office.relationships(main);
  const byId = new Map(related.map(({ id, target }) => [id, target]));
  const listed = order.map((id) => byId.get(id)).filter((name) => name !== undefined);
  const slides = listed.length > 0 ? listed : related.filter(isSlide).map(({ target }) => target);

  const blocks: Block[] = [];
  const left = new Set<string>();
  for (const [index, slide] of slides.entries()) {
    const own = await readPart(slide);
    if (!own.some(({ kind }) => kind === 'heading')) {
      blocks.push({ kind: 'heading', text: `Slide ${index + 1}` });
    }
    // The title may stand anywhere among the shapes; what is on the slide belongs to it.
    blocks.push(...own.filter(({ kind }) => kind === 'heading'));
    blocks.push(...own.filter(({ kind }) => kind !== 'heading'));
    for (const { kind, target } of await office.relationships(slide)) {
      if (partsOfSlide.has(kind)) blocks.push(...textsOf(await readPart(target)));
    }
  }
  const properties = await office.properties();
  const first = blocks.find(({ kind, text }) => kind === 'heading' && !/^Slide \d+$/.test(text));
  const others = properties.others.map((text): Block => ({ kind: 'text', text }));
  if (others.length > 0) blocks.push({ kind: 'heading', text: '' }, ...others);
  return { title: properties.title || (first?.text ?? null), blocks, notes: [...left] };

  async function readPart(name: string): Promise<readonly OfficeBlock[]> {
    const reader = new OfficeTextReader(new Map());
    await office.walk(name, reader);
    for (const note of reader.left) left.add(note);
    return reader.finish();
  }
}

const isSlide = ({ kind }: { readonly kind: string }): boolean => kind === 'slide';

const textsOf = (blocks: readonly Block[]): Block[] =>
  blocks.map(({ text }) => ({ kind: 'text', text }));
