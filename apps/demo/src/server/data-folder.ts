import { statSync } from 'node:fs';
import { Problem } from './requests/problem.ts';

/**
 * Tells whether a data folder is still the one that it was: not removed, moved away, or covered by another disk.
 * What would be written to a new folder in its place is lost when the old one comes back.
 */
export class DataFolder {
  readonly #folder: string;
  readonly #identity: string | undefined;

  /** @param folder It exists. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#identity = identityOf(folder);
  }

  /** @throws Problem 503 `data_folder_gone` */
  assertThere(): void {
    if (identityOf(this.#folder) === this.#identity) return;
    throw new Problem(
      503,
      'data_folder_gone',
      'The data folder of this server is not there any more. Put it back and start the server again.',
    );
  }
}

function identityOf(folder: string): string | undefined {
  try {
    const { dev, ino } = statSync(folder, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
