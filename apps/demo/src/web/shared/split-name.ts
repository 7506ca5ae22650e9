/** A name in two parts; the first one may be shortened where room is short. */
export interface NameParts {
  readonly start: string;
  /** With the extension; empty where a name is better shortened at its end. */
  readonly end: string;
}

const longName = 20;
const longEnd = 12;
const inEnd = 4;

// Two boxes would put the parts of such a name in the wrong order.
const rightToLeft = /\p{Script=Hebrew}|\p{Script=Arabic}|\p{Script=Syriac}|\p{Script=Thaana}/u;

/** Where a long name may be cut so that what its file is can still be seen. */
export function splitName(name: string): NameParts {
  const characters = [...name];
  if (characters.length <= longName || rightToLeft.test(name)) return { start: name, end: '' };
  const dot = characters.lastIndexOf('.');
  const extension = dot > 0 ? characters.length - dot : 0;
  const length = extension + inEnd > longEnd ? inEnd : extension + inEnd;
  return { start: characters.slice(0, -length).join(''), end: characters.slice(-length).join('') };
}
