import { badRequest } from './refusal.ts';

// A string of structured fields (RFC 9651), and parameters after it, which mean nothing here.
const quoted = /^"((?:[ !#-[\]-~]|\\["\\])*)"(?:\s*;.*)?$/;
// The same of any letters, in their percent-encoding.
const display = /^%"((?:[ !#$&-~]|%[0-9a-f]{2})*)"(?:\s*;.*)?$/;
// Most programs send a bare UUID; it cannot be taken for anything else.
const bare = /^[\w.:~@=+/-]+$/;

/**
 * The `Idempotency-Key` of a start, by the draft of the field: a string in quotes, also with `%` before it.
 * `undefined` where there is none.
 *
 * @throws Refusal 400 for what is no key, and for several.
 */
export function readIdempotencyKey(headers: Headers): string | undefined {
  const text = headers.get('idempotency-key')?.trim();
  if (text === undefined) return undefined;
  const key = bare.test(text) ? text : (quotedKey(text) ?? displayedKey(text));
  if (key === undefined || key === '' || key.length > 255) {
    throw badRequest('Idempotency-Key must be one string of 1 to 255 characters, in quotes.');
  }
  return key;
}

const quotedKey = (text: string): string | undefined =>
  quoted.exec(text)?.[1]?.replace(/\\(.)/g, '$1');

function displayedKey(text: string): string | undefined {
  const encoded = display.exec(text)?.[1];
  try {
    return encoded && decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
