import { createHash } from 'node:crypto';
import { z } from 'zod';
import { chunkingOf, defaultPassageLength } from '../reading/chunk.ts';
import { defaultParseLimits } from '../reading/parsed-document.ts';

/** What a published version says about itself; what concerns single files is in its index. */
export const corpusMetadata = z.object({
  kind: z.literal('offstage.documents'),
  /** The folder it was made of, absolute; `null` where it was made of uploads. */
  source: z.string().nullable(),
  documents: z.number().int(),
  passages: z.number().int(),
  /** Files that were left out. */
  failed: z.number().int(),
  /** Bytes of the documents. */
  bytes: z.number().int(),
  /** Digest over all files' paths and contents: other documents, another hash. */
  corpusHash: z.string(),
  /** Digest over what shapes an index: other settings, another hash. */
  configHash: z.string(),
});
export type CorpusMetadata = z.infer<typeof corpusMetadata>;

/** Raised whenever the same file would be indexed in another way than before. */
const pipelineVersion = 3;

/** The digest of settings, as far as they shape an index. */
export function configHash(passageLength = defaultPassageLength): string {
  const chunk = chunkingOf(passageLength);
  const settings = { pipelineVersion, chunk, limits: defaultParseLimits };
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex');
}

const linesAtOnce = 256;

/** Takes all files in the order of their paths, whether or not they could be read. */
export class CorpusHash {
  readonly #hash = createHash('sha256');
  /** Lines that are hashed together: of very many short ones, each call would cost more than its hash. */
  #lines: string[] = [];

  /** @param sha256 The content's digest; `null` where there is none. */
  add(path: string, sha256: string | null): void {
    this.#lines.push(`${JSON.stringify([path, sha256])}\n`);
    if (this.#lines.length === linesAtOnce) this.#update();
  }

  digest(): string {
    this.#update();
    return this.#hash.digest('hex');
  }

  #update(): void {
    this.#hash.update(this.#lines.join(''));
    this.#lines = [];
  }
}
