import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { Problem } from './problem.ts';

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

interface Asset {
  readonly type: string;
  readonly content: Buffer;
  readonly etag: string;
  /** Its name changes with its content. */
  readonly hashed: boolean;
  readonly encoded: Map<'br' | 'gzip', Promise<Buffer>>;
}

/**
 * The built pages of one framework, kept in memory: a few hundred kilobytes. Only what was found when
 * they were read is ever served, so no request's path meets the file system.
 */
export class StaticPages {
  readonly #folder: string;
  #assets: ReadonlyMap<string, Asset> = new Map();
  #builtAt = 0;

  /** @param folder What a build made, with an `index.html`. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Answers a path below the pages' own; what is no file is the page itself, whose script knows the
   * way from there.
   *
   * @throws Problem 404 `not_found`; 503 `not_built`
   */
  async answer(relative: string, request: Request): Promise<Response> {
    this.#reread();
    const name = relative === '' ? 'index.html' : relative;
    const isFile = /\.[a-z0-9]+$/i.test(name);
    const asset = this.#assets.get(name) ?? (isFile ? undefined : this.#assets.get('index.html'));
    if (asset === undefined) {
      throw this.#assets.size === 0
        ? new Problem(503, 'not_built', 'The pages are not built yet. Run: npm start')
        : new Problem(404, 'not_found', 'There is no such page.');
    }
    const headers = new Headers({
      'content-type': asset.type,
      'cache-control': asset.hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      etag: asset.etag,
      vary: 'accept-encoding',
    });
    if (request.headers.get('if-none-match') === asset.etag) {
      return new Response(null, { status: 304, headers });
    }
    const encoding = encodingFor(request.headers.get('accept-encoding') ?? '', asset);
    if (encoding !== undefined) headers.set('content-encoding', encoding);
    const content = encoding === undefined ? asset.content : await encode(asset, encoding);
    headers.set('content-length', String(content.length));
    return new Response(request.method === 'HEAD' ? null : new Uint8Array(content), { headers });
  }

  /** Looks whether they were built anew meanwhile. */
  #reread(): void {
    const index = path.join(this.#folder, 'index.html');
    const builtAt = statSync(index, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (builtAt === this.#builtAt) return;
    const assets = new Map<string, Asset>();
    if (builtAt > 0) {
      for (const entry of readdirSync(this.#folder, { recursive: true, withFileTypes: true })) {
        const type = types[path.extname(entry.name)];
        if (!entry.isFile() || type === undefined) continue;
        const file = path.join(entry.parentPath, entry.name);
        const name = path.relative(this.#folder, file).split(path.sep).join('/');
        const content = readFileSync(file);
        const digest = createHash('sha256').update(content).digest('base64url').slice(0, 22);
        assets.set(name, {
          ...{ type, content, etag: `"${digest}"`, encoded: new Map() },
          hashed: /-[\w-]{8,}\.\w+$/.test(entry.name) && name.startsWith('assets/'),
        });
      }
    }
    this.#assets = assets;
    this.#builtAt = builtAt;
  }
}

function encodingFor(accepted: string, { type, content }: Asset): 'br' | 'gzip' | undefined {
  if (content.length < 1024 || !/^text|json|svg/.test(type)) return undefined;
  const names = new Set(accepted.split(',').map((part) => part.split(';')[0]?.trim()));
  return names.has('br') ? 'br' : names.has('gzip') ? 'gzip' : undefined;
}

const compress = {
  br: (content: Buffer): Promise<Buffer> =>
    promisify(brotliCompress)(content, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 9 },
    }),
  gzip: (content: Buffer): Promise<Buffer> => promisify<Buffer, Buffer>(gzip)(content),
};

function encode(asset: Asset, encoding: 'br' | 'gzip'): Promise<Buffer> {
  const known = asset.encoded.get(encoding);
  if (known !== undefined) return known;
  const encoded = compress[encoding](asset.content);
  asset.encoded.set(encoding, encoded);
  return encoded;
}
