import type { IncomingMessage, ServerResponse } from 'node:http';
import { isSameSite } from '@offstage/http';
import { isAuthority } from '@offstage/http/node';
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
  if (isAuthority(host) && url.startsWith('/') && !url.startsWith('//')) return;
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

/** Refuses changes that another site makes a browser ask for. @throws Problem 403 */
export function assertSameSite({ method = 'GET', headers }: IncomingMessage): void {
  if (method === 'GET' || method === 'HEAD') return;
  const get = (name: string): string | null => headers[name]?.toString() ?? null;
  if (isSameSite({ get })) return;
  throw new Problem(403, 'forbidden', 'Another site may not change anything here.');
}
