const maxPartBytes = 200;

// On no system may a name hold these; some begin a stream or lead elsewhere, others are shown as what they are not.
const refused =
  /[\p{Cc}\p{Cs}<>:"|?*\\\u00ad\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff]/gu;
const device = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(?:\.|$)/i;

/**
 * Names for the files of an archive, made of what documents are called: none leads out of the folder that
 * it is unpacked in, each can be written on every system, and no two are one there.
 */
export class SafeNames {
  readonly #taken = new Set<string>();

  /** Another one each time, also for the same name. */
  nameFor(name: string): string {
    const parts = name
      .split(/[/\\]/)
      .filter((part) => part !== '' && part !== '.' && part !== '..')
      .map(safePart);
    const safe = parts.length === 0 ? '_' : parts.join('/');
    for (let number = 1; ; number += 1) {
      const candidate = number === 1 ? safe : numbered(safe, number);
      if (this.#take(candidate)) return candidate;
    }
  }

  // A folder and a file of one name cannot both be there either, nor names that differ by case alone.
  #take(candidate: string): boolean {
    const key = keyOf(candidate);
    if (this.#taken.has(key) || this.#taken.has(`${key}/`)) return false;
    const parts = key.split('/');
    const above = parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'));
    if (above.some((folder) => this.#taken.has(folder))) return false;
    this.#taken.add(key);
    for (const folder of above) this.#taken.add(`${folder}/`);
    return true;
  }
}

const keyOf = (name: string): string => name.normalize('NFC').toLowerCase();

function safePart(part: string): string {
  const clean = part
    .toWellFormed()
    .replace(refused, '_')
    // Windows leaves blanks and dots at an end away.
    .replace(/[ .]+$/, (end) => '_'.repeat(end.length))
    .replace(/^ +/, (start) => '_'.repeat(start.length));
  return shortened(device.test(clean) ? `_${clean}` : clean);
}

/** The end of a name says what it is, so the middle goes. */
function shortened(part: string): string {
  if (Buffer.byteLength(part) <= maxPartBytes) return part;
  const [, stem = part, extension = ''] = /^(.*?)(\.[^.]{1,20})?$/su.exec(part) ?? [];
  let kept = [...stem];
  const room = maxPartBytes - Buffer.byteLength(extension);
  while (Buffer.byteLength(kept.join('')) > room)
    kept = kept.slice(0, -Math.ceil(kept.length / 20));
  return `${kept.join('')}${extension}`;
}

/** A file may be in the way of a name, or of a folder above it: its last and its first part have the number by turns. */
function numbered(name: string, number: number): string {
  const first = name.indexOf('/');
  const last = name.lastIndexOf('/');
  if (first !== -1 && number % 2 === 1) {
    return `${withNumber(name.slice(0, first), number)}${name.slice(first)}`;
  }
  return `${name.slice(0, last + 1)}${withNumber(name.slice(last + 1), number)}`;
}

function withNumber(part: string, number: number): string {
  const dot = part.lastIndexOf('.');
  return dot > 0 ? `${part.slice(0, dot)} (${number})${part.slice(dot)}` : `${part} (${number})`;
}
