/*
 * Whether a request says in one way alone where it goes. What `new URL` would read otherwise than it
 * was sent lets a request pass a check of `incoming.url`, or of the Host header, and arrive elsewhere.
 */

// A name, an IPv4 address, or an IPv6 address in brackets; then a port, or none. No user, no blank.
const authority = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*)|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

// What a URL may read as a number of an address, or shorten. Any other name it spells as it is.
const isNumber = /(?:^|\.)\d[^.]*\.?$|^\[/;

/** What may stand in a Host header: what a URL spells alike, so no `0x7f.1` that is 127.0.0.1 in it. */
export function isAuthority(host: string): boolean {
  const name = authority.exec(host)?.[1];
  const url = `http://${host}/`;
  if (name === undefined || !URL.canParse(url)) return false;
  return !isNumber.test(name) || new URL(url).hostname === name.toLowerCase();
}

/** A path that begins with "/" and is not rewritten: no "\\", no "#", no dot segments, in any spelling. */
export function isPlainPath(target: string): boolean {
  if (!target.startsWith('/') || /[\\#\s]/.test(target)) return false;
  const [path = ''] = target.split('?', 1);
  return !path.split('/').some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment));
}
