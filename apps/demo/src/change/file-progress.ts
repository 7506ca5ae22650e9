/*
 * What a change says while it reads files: words for whoever shows them as they are, and parts for pages
 * that show more. No framework and no Node.js: pages load this module too.
 */

/** A file that is waited for longer than others. */
export interface SlowFile {
  readonly name: string;
  readonly seconds: number;
}

export interface FileProgress {
  readonly done: number;
  readonly total: number;
  readonly slow: SlowFile | null;
}

/** A message of progress has room for 200 characters. */
const maxShownName = 120;

/** '12 of 360 files', '12 of 360 files; 5 s at atlas.pdf so far'. */
export function progressMessage({ done, total, slow }: FileProgress): string {
  const files = `${done} of ${total} files`;
  return slow === null ? files : `${files}; ${slow.seconds} s so far at ${endOf(slow.name)}`;
}

/** The parts of such a message; `undefined` where it is another one. */
export function fileProgressOf(message: string): FileProgress | undefined {
  const found = /^(\d+) of (\d+) files(?:; (\d+) s so far at (.+))?$/su.exec(message);
  if (found === null) return undefined;
  const [, done, total, seconds, name] = found;
  const slow = name === undefined ? null : { name, seconds: Number(seconds) };
  return { done: Number(done), total: Number(total), slow };
}

/** A long name is known by its end. */
const endOf = (name: string): string =>
  name.length <= maxShownName ? name : `…${name.slice(1 - maxShownName).toWellFormed()}`;
