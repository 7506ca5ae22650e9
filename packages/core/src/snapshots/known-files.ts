import type { FileFacts } from './directory.ts';
import { PackedTexts } from './packed-texts.ts';
import type { SealedEntry } from './storage.ts';

/** What a file held, and its stamp at that moment. */
export interface Content extends Pick<SealedEntry, 'bytes' | 'sha256'>, Pick<FileFacts, 'stamp'> {}

/** What is known of a file before it is sealed. */
export interface Known extends Content {
  readonly origin: 'written' | 'copied' | 'cloned' | 'linked';
}

/** What is known of each file of a draft, of which there may be very many. */
export class KnownFiles {
  readonly #places = new Map<string, number>();
  #texts = new PackedTexts();

  get size(): number {
    return this.#places.size;
  }

  has(path: string): boolean {
    return this.#places.has(path);
  }

  get(path: string): Known | undefined {
    const place = this.#places.get(path);
    if (place === undefined) return undefined;
    const [origin, bytes, sha256, stamp] = JSON.parse(this.#texts.at(place));
    return { origin, bytes, sha256, stamp };
  }

  set(path: string, { origin, bytes, sha256, stamp }: Known): void {
    this.#places.set(path, this.#texts.add(JSON.stringify([origin, bytes, sha256, stamp])));
  }

  delete(path: string): void {
    this.#places.delete(path);
  }

  clear(): void {
    this.#places.clear();
    this.#texts = new PackedTexts();
  }

  paths(): Iterable<string> {
    return this.#places.keys();
  }
}
