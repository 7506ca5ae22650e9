import { Parser } from 'htmlparser2';
import { UnreadableError } from './parsed-document.ts';

export interface XmlHandler {
  /** @param attributes by local name, without the prefix */
  open?(name: string, attributes: Readonly<Record<string, string>>): void;
  close?(name: string): void;
  text?(text: string): void;
}

const local = (name: string): string => name.slice(name.indexOf(':') + 1);

/**
 * Reads XML as its tags go by, in time in proportion to its length; names are without their prefixes,
 * which every program chooses for itself. Nothing is fetched, and no entity but the five is known.
 *
 * @throws UnreadableError `damaged` where it ends within its root
 */
export function readXml(source: Uint8Array | string, handler: XmlHandler): void {
  const names = new Map<string, string>();
  const nameOf = (name: string): string => {
    const known = names.get(name);
    if (known !== undefined) return known;
    const short = local(name);
    names.set(name, short);
    return short;
  };
  let opened = 0;
  let depth = 0;
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        opened += 1;
        depth += 1;
        const own: Record<string, string> = {};
        for (const key in attributes) {
          // A relationship's `r:id` comes before an `id` beside it.
          if (key.includes(':') || !(key in own)) own[nameOf(key)] = attributes[key] ?? '';
        }
        handler.open?.(nameOf(name), own);
      },
      onclosetag(name) {
        depth -= 1;
        handler.close?.(nameOf(name));
      },
      ontext(text) {
        handler.text?.(text);
      },
    },
    { xmlMode: true, recognizeSelfClosing: true },
  );
  parser.write(typeof source === 'string' ? source : decodeXml(source));
  // What is open now is never closed.
  const isWhole = opened > 0 && depth === 0;
  parser.end();
  if (!isWhole) throw new UnreadableError('damaged', 'it is not a whole document');
}

function decodeXml(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder().decode(bytes);
}
