import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from './problem.ts';

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'self'",
].join('; ');

const headers: Readonly<Record<string, string>> = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), browsing-topics=()',
  'x-frame-options': 'DENY',
};

/** On every answer, whoever writes it. */
export function setSecurityHeaders(outgoing: ServerResponse): void {
  for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value);
}

/**
 * Refuses what is no plain path at a plain authority: a host of `localhost/jobs?` would otherwise take part
 * in the path that routes see.
 *
 * @throws Problem 400
 */
export function assertAddress({ url = '', headers }: IncomingMessage): void {
  const { host = '' } = headers;
  const isAuthority = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i.test(host);
  if (isAuthority && url.startsWith('/') && !url.startsWith('//')) return;
  throw new Problem(400, 'invalid_address', 'The address of this request is none.');
}

/**
 * Refuses hosts that are not this server's: a name of somebody else's that is made to lead here would
 * otherwise be an origin of its own, and read the documents (DNS rebinding).
 *
 * @throws Problem 421
 */
export function assertHost(incoming: IncomingMessage, allowed: ReadonlySet<string> | 'any'): void {
  if (allowed === 'any') return;
  const host = (incoming.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
  if (allowed.has(host)) return;
  throw new Problem(421, 'wrong_host', 'This server does not go by that name.');
}

/**
 * Refuses changes that another site makes a browser ask for. Browsers say where a request comes from
 * in `Sec-Fetch-Site`, older ones in `Origin`; a request with neither comes from a program.
 *
 * @throws Problem 403
 */
export function assertSameSite(incoming: IncomingMessage): void {
  const { method = 'GET', headers } = incoming;
  if (method === 'GET' || method === 'HEAD') return;
  const site = headers['sec-fetch-site'];
  const { origin, host } = headers;
  const isOwn =
    site !== undefined
      ? site === 'same-origin' || site === 'none'
      : origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
  if (isOwn) return;
  throw new Problem(403, 'forbidden', 'Another site may not change anything here.');
}
