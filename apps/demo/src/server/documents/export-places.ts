import { Problem } from '../requests/problem.ts';

/** Who reads an export. */
export interface ExportReader {
  readonly session: string;
  /** Bytes that have been taken so far. */
  taken(): number;
  /** What is made waits to be taken. */
  isWaitedFor(): boolean;
  /** Ends the export. */
  end(): void;
}

const maxExports = 4;
const maxExportsPerSession = 2;
/** From the beginning on, once it has lasted for a while. */
const minBytesPerSecond = 64 * 1024;
const graceMs = 10_000;

/**
 * The places for exports: each reads a whole version, and holds it as long as its reader takes. A slow reader
 * has all the time there is, until somebody else needs the place (D5).
 */
export class ExportPlaces {
  readonly #now: () => number;
  readonly #readers = new Map<ExportReader, { readonly sinceMs: number; readonly bytes: number }>();

  /** @param now in milliseconds, of a clock that nobody sets. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @throws Problem 503 `export_busy` */
  take(reader: ExportReader): void {
    const own = [...this.#readers.keys()].filter(({ session }) => session === reader.session);
    if (own.length >= maxExportsPerSession) {
      throw busy('You have two exports under way. Wait for the end of one, or give it up.');
    }
    if (this.#readers.size >= maxExports && !this.#endSlowest()) {
      throw busy('Too many exports are under way just now. Try again in a minute.');
    }
    this.#readers.set(reader, { sinceMs: this.#now(), bytes: reader.taken() });
  }

  leave(reader: ExportReader): void {
    this.#readers.delete(reader);
  }

  #endSlowest(): boolean {
    let slowest: ExportReader | undefined;
    let least = minBytesPerSecond;
    for (const [reader, { sinceMs, bytes }] of this.#readers) {
      const ms = this.#now() - sinceMs;
      const perSecond = ((reader.taken() - bytes) * 1000) / ms;
      if (ms < graceMs || !reader.isWaitedFor() || perSecond >= least) continue;
      slowest = reader;
      least = perSecond;
    }
    if (slowest === undefined) return false;
    this.#readers.delete(slowest);
    slowest.end();
    return true;
  }
}

const busy = (message: string): Problem =>
  new Problem(503, 'export_busy', message, { retryAfter: 60 });
