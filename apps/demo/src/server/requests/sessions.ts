import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeFolders } from '../../corpus/make-folders.ts';

/** One browser's stay. Its id is the owner of its jobs and uploads; only its cookie can prove it. */
export interface Session {
  readonly id: string;
  /** To be sent where the browser has none that is good, or one that is getting old. */
  readonly setCookie: string | undefined;
}

export interface SessionsOptions {
  /** At least 32 random bytes. */
  readonly secret: Uint8Array;
  /** @default 30 days */
  readonly maxAgeMs?: number | undefined;
  readonly now?: (() => number) | undefined;
}

// Behind https a browser takes the first from this very server alone: neither a neighbor's domain nor a page
// without https can plant one.
const secureCookieName = '__Host-offstage_session';
const cookieName = 'offstage_session';
const idPattern = /^[0-9a-f]{32}$/;
const dayMs = 86_400_000;

/**
 * Sessions in signed cookies: `<id>.<issued>.<signature>`, where the signature is an HMAC-SHA256 over
 * the rest (D12). Nothing is kept on the server. What is forged, stale, malformed or missing is a new
 * session, and nothing tells them apart.
 */
export class Sessions {
  readonly #secret: Uint8Array;
  readonly #maxAgeMs: number;
  readonly #now: () => number;

  constructor({ secret, maxAgeMs = 30 * dayMs, now = Date.now }: SessionsOptions) {
    this.#secret = secret;
    this.#maxAgeMs = maxAgeMs;
    this.#now = now;
  }

  /** @param secure The browser speaks https. */
  read(cookieHeader: string | undefined, secure: boolean): Session {
    // Of several that are good the last one: browsers name first what is for a longer path, and ours are for
    // the shortest one.
    const values = cookiesOf(cookieHeader, secure ? secureCookieName : cookieName).reverse();
    for (const value of values) {
      const found = this.#verify(value);
      if (found === undefined) continue;
      const isOld = this.#now() - found.issuedAt > Math.min(dayMs, this.#maxAgeMs / 2);
      return { id: found.id, setCookie: isOld ? this.#cookie(found.id, secure) : undefined };
    }
    const id = randomBytes(16).toString('hex');
    return { id, setCookie: this.#cookie(id, secure) };
  }

  #verify(value: string): { id: string; issuedAt: number } | undefined {
    const [id = '', issued = '', signature = '', ...rest] = value.split('.');
    if (rest.length > 0 || !idPattern.test(id) || !/^[0-9a-z]{1,12}$/.test(issued))
      return undefined;
    const given = Buffer.from(signature, 'base64url');
    const wanted = this.#sign(`${id}.${issued}`);
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
    const issuedAt = Number.parseInt(issued, 36);
    const age = this.#now() - issuedAt;
    return age >= -dayMs && age <= this.#maxAgeMs ? { id, issuedAt } : undefined;
  }

  #cookie(id: string, secure: boolean): string {
    const signed = `${id}.${this.#now().toString(36)}`;
    const value = `${signed}.${this.#sign(signed).toString('base64url')}`;
    const maxAge = Math.floor(this.#maxAgeMs / 1000);
    const attributes = `Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAge}`;
    return secure
      ? `${secureCookieName}=${value}; ${attributes}; Secure`
      : `${cookieName}=${value}; ${attributes}`;
  }

  #sign(text: string): Buffer {
    return createHmac('sha256', this.#secret).update(text).digest();
  }
}

/** The secret of a data folder: made at the first start, readable by its owner alone. */
export function sessionSecret(dataFolder: string): Uint8Array {
  makeFolders(dataFolder);
  const file = path.join(dataFolder, 'session-secret');
  try {
    writeFileSync(file, randomBytes(32).toString('hex'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error) || Reflect.get(error, 'code') !== 'EEXIST') throw error;
  }
  // Whoever could read it could be anybody.
  chmodSync(file, 0o600);
  const secret = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex');
  if (secret.length >= 32) return secret;
  // Torn by a crash while it was made: nobody has a cookie by it yet.
  writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600 });
  return sessionSecret(dataFolder);
}

/** All of them: the header is short, and somebody may have put many before the good one. */
function cookiesOf(header: string | undefined, wanted: string): string[] {
  return (header ?? '').split(';').flatMap((pair) => {
    const [name, ...value] = pair.split('=');
    return name?.trim() === wanted ? [value.join('=').trim()] : [];
  });
}
