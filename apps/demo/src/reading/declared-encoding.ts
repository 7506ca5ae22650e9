const headBytes = 64 * 1024;

/**
 * The encoding that a page or an XML document names: in its XML declaration, or in a `meta` element
 * anywhere in its head. Comments and scripts, which may quote one, are passed over.
 */
export function declaredEncoding(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(
    bytes.buffer,
    bytes.byteOffset,
    Math.min(bytes.length, headBytes),
  ).toString('latin1');
  const declaration = /^\s*<\?xml\s[^>]{0,200}/.exec(head)?.[0];
  const named = declaration === undefined ? undefined : valueAfter(declaration, 'encoding');
  return named ?? encodingOfMeta(head);
}

function encodingOfMeta(head: string): string | undefined {
  const lower = head.toLowerCase();
  for (let at = lower.indexOf('<'); at !== -1; at = lower.indexOf('<', at)) {
    const skipped = skippedBy.find(([begin]) => lower.startsWith(begin, at));
    if (skipped !== undefined) {
      const end = lower.indexOf(skipped[1], at + skipped[0].length);
      if (end === -1) return undefined;
      at = end;
      continue;
    }
    const end = lower.indexOf('>', at);
    if (end === -1) return undefined;
    if (lower.startsWith('<body', at)) return undefined;
    if (lower.startsWith('<meta', at)) {
      const found = valueAfter(head.slice(at, end), 'charset');
      if (found !== undefined) return found;
    }
    at = end;
  }
  return undefined;
}

const skippedBy = [
  ['<!--', '-->'],
  ['<script', '</script'],
  ['<style', '</style'],
  ['<title', '</title'],
] as const;

/** `name = "value"`, with whatever quotation marks or none. */
function valueAfter(text: string, name: string): string | undefined {
  const at = text.toLowerCase().indexOf(name);
  if (at === -1) return undefined;
  return /^\s*=\s*["']?\s*([\w.:-]+)/.exec(text.slice(at + name.length, at + 200))?.[1];
}
