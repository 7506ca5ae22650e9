import type { Problem } from '../api.ts';

/** A file on its way to the server. A folder's files are named with their path in it. */
export interface ChosenFile {
  readonly name: string;
  readonly content: File;
}

/** A file that will not become a document, and why. */
export interface RefusedFile {
  readonly name: string;
  readonly problem: Problem;
}
