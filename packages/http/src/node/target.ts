/*
 * Whether a request says in one way alone where it goes. What `new URL` would read otherwise than it
 * was sent lets a request pass a check of `incoming.url`, or of the Host header, and arrive elsewhere.
 */

// A name, an IPv4 address, or an IPv6 address in brackets; then a port, or none. No user, no blank.
const authority = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*)|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** What may stand in a Host header. */
export const isAuthority = (host: string): boolean =>
  authority.test(host) && URL.canParse(`http://${host}/`);

/** A path that begins with "/" and is not rewritten: no "\\", no "#", no dot segments, in any spelling. */
export function isPlainPath(target: string): boolean {
  if (!target.startsWith('/') || /[\\#\s]/.test(target)) return false;
  const [path = ''] = target.split('?', 1);
  return !path.split('/').some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment));
}
