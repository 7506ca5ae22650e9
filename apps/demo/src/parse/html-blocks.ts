import type { Block } from './parsed-document.ts';

/** As much of a DOM node as is read here. */
export interface HtmlNode {
  readonly nodeType: number;
  /** In upper case for elements of HTML. */
  readonly nodeName: string;
  readonly nodeValue: string | null;
  readonly childNodes: Iterable<HtmlNode>;
}

const elementNode = 1;
const textNode = 3;

const headings = new Set(['H1', 'H2', 'H3', 'H4', 'H5', 'H6']);
const left = new Set([
  'TITLE',
  'SCRIPT',
  'STYLE',
  'NOSCRIPT',
  'TEMPLATE',
  'HEAD',
  'SVG',
  'IFRAME',
  'SELECT',
]);
const breaks = new Set(
  `ADDRESS ARTICLE ASIDE BLOCKQUOTE BODY BR CAPTION DD DETAILS DIV DL DT FIGCAPTION FIGURE FOOTER FORM
   HEADER HR LI MAIN NAV OL P PRE SECTION SUMMARY TABLE TBODY TFOOT THEAD TR UL`.split(/\s+/),
);

/**
 * The text of a tree in reading order: a block begins and ends where a browser would break a line.
 * Cells of a table row stay together.
 *
 * @param skip Further elements, by upper-case name, that are left out.
 */
export function blocksOfHtml(root: HtmlNode, skip: ReadonlySet<string> = new Set()): Block[] {
  const blocks: Block[] = [];
  let text = '';
  const flush = (kind: Block['kind']): void => {
    if (text.trim() !== '') blocks.push({ kind, text });
    text = '';
  };
  const visit = (node: HtmlNode): void => {
    if (node.nodeType === textNode) {
      text += node.nodeValue ?? '';
      return;
    }
    const name = node.nodeName.toUpperCase();
    if (node.nodeType === elementNode && (left.has(name) || skip.has(name))) return;
    const isHeading = headings.has(name);
    const isBlock = isHeading || breaks.has(name);
    if (isBlock) flush('text');
    for (const child of node.childNodes) visit(child);
    if (isBlock) flush(isHeading ? 'heading' : 'text');
    else if (name === 'TD' || name === 'TH') text += ' | ';
  };
  visit(root);
  flush('text');
  return blocks;
}
