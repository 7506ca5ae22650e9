import { burn, type Entry } from '@kenjiuno/msgreader/lib/Burner.js';

const directory = 1;
const stream = 2;
const root = 5;

/** Text by its property's number in four digits, or bytes, or what is in a folder, by number and type in eight. */
interface Properties {
  readonly [tag: string]: string | Uint8Array | Properties;
}

/** Mail as Outlook saves it, with properties such as `0037` (subject) and `1000` (text). */
export function msgOf(properties: Properties, attachments: readonly Properties[] = []): Uint8Array {
  const entries: Entry[] = [];
  const add = (name: string, type: number, bytes: Uint8Array = new Uint8Array()): number[] => {
    const children: number[] = [];
    entries.push({ name, type, binaryProvider: () => bytes, length: bytes.length, children });
    return children;
  };
  const fill = (children: number[], own: Properties, head: number): void => {
    children.push(entries.length);
    add('__properties_version1.0', stream, new Uint8Array(head));
    for (const [tag, value] of Object.entries(own)) {
      children.push(entries.length);
      const name = `__substg1.0_${tag}`;
      if (typeof value === 'string') add(`${name}001F`, stream, utf16(value));
      else if (value instanceof Uint8Array) add(name, stream, value);
      else fill(add(name, directory), value, 24);
    }
  };
  const all = add('Root Entry', root);
  fill(all, properties, 32);
  for (const [at, own] of attachments.entries()) {
    all.push(entries.length);
    fill(add(`__attach_version1.0_#${String(at).padStart(8, '0')}`, directory), own, 8);
  }
  all.push(entries.length);
  add('__nameid_version1.0', directory);
  return burn(entries);
}

// Of its own memory, for that is what the writer takes.
const utf16 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'utf16le'));
