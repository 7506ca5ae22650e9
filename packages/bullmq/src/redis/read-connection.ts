import { OffstageError } from '@offstage/core';
import { Redis } from 'ioredis';
import type { BullConnection } from './redis-link.ts';

/**
 * Where Redis is. What is none is refused here: ioredis takes most of it for a Redis of this machine, and
 * jobs would go there without a word.
 *
 * @throws OffstageError `invalid_option`; `not_supported` for a Postgres, and for what cannot be kept.
 */
export function readConnection(connection: unknown): BullConnection {
  const { url, connectionString, keyPrefix } = Object(connection);
  for (const address of [connection, url, connectionString]) {
    if (!/^postgres(?:ql)?:/i.test(textOfAddress(address))) continue;
    // The address may hold a password, and is not repeated.
    throw notSupported(
      'BullMQ on Postgres is not supported: progress, keys and fences are scripts of Redis. Pass the address of a Redis.',
    );
  }
  if (typeof connection !== 'object' || connection === null) {
    throw invalid(`${missing(connection)}, or what ioredis takes.`);
  }
  if (connection instanceof URL || Array.isArray(connection)) {
    throw invalid("pass the address as { url: 'redis://127.0.0.1:6379' }.");
  }
  // Of whatever copy of ioredis, or of another client. Its own options may say what ours cannot bear.
  if (
    ['duplicate', 'sendCommand'].some((name) => typeof Reflect.get(connection, name) === 'function')
  ) {
    throw invalid(
      'it is a client. Pass what that was made of, { url } or options: each process of a queue needs connections of its own.',
    );
  }
  if (keyPrefix !== undefined && keyPrefix !== '') {
    throw notSupported('keyPrefix is not supported, as BullMQ has none: use the option prefix.');
  }
  requireAddress(connection);
  return connection;
}

/** A text may hold a password, and is not repeated. */
function missing(connection: unknown): string {
  const example = "pass { url: 'redis://127.0.0.1:6379' }";
  if (connection === undefined || connection === null) return `it is missing: ${example}`;
  if (typeof connection === 'string') return 'it is a text: pass it as { url }';
  return `it is a ${typeof connection}: ${example}`;
}

function requireAddress(options: BullConnection): void {
  const { url, ...others } = options;
  if (url !== undefined && (typeof url !== 'string' || url === '')) {
    throw invalid("url must be a text such as 'redis://127.0.0.1:6379'.");
  }
  if (url !== undefined && /^[a-z][a-z0-9+.-]*:\/\//i.test(url) && !/^rediss?:/.test(url)) {
    // In capitals too: ioredis would leave TLS out.
    throw invalid('url must begin with redis:// or rediss://.');
  }
  let known: { readonly port?: unknown; readonly db?: unknown };
  try {
    const settings = { ...others, lazyConnect: true };
    known = (url === undefined ? new Redis(settings) : new Redis(url, settings)).options;
  } catch (error) {
    // An error of an address repeats it, with its password.
    const isAddress = error instanceof TypeError || error instanceof URIError;
    throw invalid(isAddress || !(error instanceof Error) ? 'url is no address.' : error.message);
  }
  requireWhole('port', known.port, 65_535);
  requireWhole('db', known.db, Number.MAX_SAFE_INTEGER);
}

// Of the text of an address ioredis makes numbers itself, or none.
function requireWhole(name: string, value: unknown, most: number): void {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (value === undefined || value === null) return;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= most)
    return;
  throw invalid(`${name} must be a whole number from 0 on.`);
}

const textOfAddress = (address: unknown): string =>
  address instanceof URL ? address.href : typeof address === 'string' ? address : '';

const details = { option: 'connection' };

const invalid = (why: string): OffstageError =>
  new OffstageError('invalid_option', `connection cannot be used: ${why}`, { details });

const notSupported = (why: string): OffstageError =>
  new OffstageError('not_supported', why, { details });
