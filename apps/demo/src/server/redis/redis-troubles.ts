import { OffstageError } from '@offstage/core';

// The same again is told so late at the earliest: it is noticed many times a second.
const quietMs = 60_000;

/** What is wrong with Redis, in a line for the terminal, once rather than each time that it is noticed. */
export class RedisTroubles {
  readonly #tell: (line: string) => void;
  readonly #toldAt = new Map<string, number>();

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  /** Any error; most are of something else. */
  notice(error: unknown): void {
    const line = lineOf(error);
    const now = performance.now();
    if (line === undefined || now - (this.#toldAt.get(line) ?? -Infinity) < quietMs) return;
    this.#toldAt.set(line, now);
    this.#tell(line);
  }
}

function lineOf(error: unknown): string | undefined {
  if (!OffstageError.isInstance(error)) return undefined;
  if (error.code === 'unavailable') {
    return 'Redis does not answer. Changes wait for it, and go on when it is back.';
  }
  // Its words are the library's: no address or password is in them.
  return error.code === 'redis_unsuitable'
    ? `Redis cannot be used: ${error.message} Changes go on when that is mended.`
    : undefined;
}
