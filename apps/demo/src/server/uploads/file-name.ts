import type { Problem } from '../../web/api.ts';

export type CheckedName =
  | { readonly name: string; readonly problem: null }
  /** `name` is fit to be shown, and no more. */
  | { readonly name: string; readonly problem: Problem };

const maxPartBytes = 255;
const maxShownLength = 200;

/**
 * Looks at the name that a browser gives a file, folders included (D12). A name is never used as a
 * path, so nothing could come of a bad one; it is refused all the same, since no honest browser sends
 * it and the person should know.
 */
export function checkName(sent: string | undefined, maxBytes: number): CheckedName {
  // Windows separates by backslashes; some programs send them.
  const name = shown(unescaped(sent ?? '')).replaceAll('\\', '/');
  const refuse = (code: string, message: string): CheckedName => ({
    name: name.slice(0, maxShownLength).toWellFormed(),
    problem: { code, message },
  });
  if (name === '' || name.endsWith('/')) return refuse('empty_name', 'it has no name');
  if (sent?.includes('\0')) return refuse('name_refused', 'its name holds a zero byte');
  if (Buffer.byteLength(name) > maxBytes) {
    return refuse('name_too_long', `its name is longer than ${maxBytes} bytes`);
  }
  if (name.startsWith('/') || /^[A-Za-z]:\//.test(name)) {
    return refuse('name_refused', 'its name is a path from the root of a disk');
  }
  for (const part of name.split('/')) {
    if (part === '' || part === '.' || part === '..') {
      return refuse('name_refused', 'its name leads out of its folder');
    }
    if (Buffer.byteLength(part) > maxPartBytes) {
      return refuse('name_too_long', `a part of its name is longer than ${maxPartBytes} bytes`);
    }
    if (deviceName.test(part)) {
      return refuse('name_refused', 'its name is that of a device on some systems');
    }
  }
  return { name: name.normalize('NFC'), problem: null };
}

// With any extension too: Windows opens the device for `nul.txt`.
const deviceName = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(?:\.|$)/i;

// Control characters, and marks that turn the direction of what follows them, also beside the name.
const unshowable = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff]/gu;

/** Browsers escape these three in the name of a form's file, and nothing else: not even the percent sign. */
const unescaped = (name: string): string =>
  name.replace(/%(?:22|0[AaDd])/g, (code) => decodeURIComponent(code));

const shown = (name: string): string => name.toWellFormed().replace(unshowable, '').trim();
