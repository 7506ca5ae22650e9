import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

/** What PDF.js asks for by name. */
interface BinaryRequest {
  readonly kind: 'cMapUrl' | 'standardFontDataUrl' | 'wasmUrl' | 'iccUrl';
  readonly filename: string;
}

const folders: Partial<Record<BinaryRequest['kind'], string>> = {
  cMapUrl: 'cmaps',
  standardFontDataUrl: 'standard_fonts',
};

/**
 * Hands PDF.js its predefined character maps and standard fonts out of its package, which the sandboxed
 * process may read as it reads code. A document names them, so a name is never more than that.
 */
export class PackagedFiles {
  async fetch({ kind, filename }: BinaryRequest): Promise<Uint8Array> {
    const folder = folders[kind];
    if (folder === undefined || path.basename(filename) !== filename || filename.startsWith('.')) {
      throw new Error('PDF.js has no such file.');
    }
    return new Uint8Array(await readFile(path.join(packageFolder, folder, filename)));
  }
}

const packageFolder = path.dirname(
  createRequire(import.meta.url).resolve('pdfjs-dist/package.json'),
);

/** They are given by name alone; PDF.js wants to know that there is a place. */
export const packagedFiles = {
  BinaryDataFactory: PackagedFiles,
  cMapUrl: 'cmaps/',
  cMapPacked: true,
  standardFontDataUrl: 'standard_fonts/',
  useWorkerFetch: false,
} as const;
