const names = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/));

/** Elements before and after which a browser breaks a line, unless a style says otherwise. */
export const breakingElements = names(`
  address article aside blockquote body br caption center col colgroup dd details dialog dir div dl dt
  fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li
  listing main menu nav noframes ol optgroup option p plaintext pre search section summary table tbody
  tfoot thead title tr ul xmp`);

export const headingElements = names('h1 h2 h3 h4 h5 h6');

/** Elements that stand for themselves in a line: words beside them are words of their own. */
const boxElements = names(`
  area audio button canvas embed iframe img input label marquee math meter mfrac object output progress q
  select svg td template text textarea th video`);

/** Such an element, or one that somebody made for a page, whose names have a hyphen: most of those are boxes. */
export const isBox = (name: string): boolean => boxElements.has(name) || name.includes('-');

/** Elements whose content no reader sees. */
export const unseenElements = names(`
  annotation annotation-xml audio datalist desc meter noembed noscript progress rp script style
  title video`);

/** What one moves by between pages. */
export const isNavigation = (name: string, attributes: Readonly<Record<string, string>>): boolean =>
  name === 'nav' || attributes.role?.trim().toLowerCase() === 'navigation';

/** Hidden by an attribute or a style of its own. */
export function isHidden(name: string, attributes: Readonly<Record<string, string>>): boolean {
  const { hidden, style = '' } = attributes;
  // The template of a shadow root is shown in place of its element.
  if (name === 'template') return !('shadowrootmode' in attributes);
  // What a search of the browser uncovers is there to be found.
  if (hidden !== undefined && hidden.toLowerCase() !== 'until-found') return true;
  if (name === 'dialog' && attributes.open === undefined) return true;
  return hasStyle(style, 'display', ['none']) || hasStyle(style, 'visibility', ['hidden']);
}

const blockValues = ['block', 'flex', 'grid', 'table', 'table-row', 'list-item', 'flow-root'];

export const isBlockByStyle = (style: string): boolean =>
  style !== '' &&
  (hasStyle(style, 'display', blockValues) ||
    hasStyle(style, 'float', ['left', 'right']) ||
    hasStyle(style, 'position', ['absolute', 'fixed']));

/** What stands directly in it are boxes beside one another. */
export const isBoxesByStyle = (style: string): boolean =>
  style !== '' && hasStyle(style, 'display', ['flex', 'inline-flex', 'grid', 'inline-grid']);

/** Parts of a formula that stand over one another, or beside one another as the cells of a table. */
export const partedFormulas = names('mfrac munder mover munderover mroot mtable mtr');

function hasStyle(style: string, property: string, values: readonly string[]): boolean {
  return style.split(';').some((declaration) => {
    const [name = '', value = ''] = declaration.split(':');
    const wanted = value
      .replace(/!\s*important/i, '')
      .trim()
      .toLowerCase();
    return name.trim().toLowerCase() === property && values.includes(wanted);
  });
}
