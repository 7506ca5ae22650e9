import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { OffstageError, PublicError } from '@offstage/core';
import { type Logger, pino } from 'pino';
import { RotatingFile } from './rotating-file.ts';

/**
 * The server's log, `log/server.jsonl` of the data folder: requests by route, jobs by id, errors by
 * class, code and place in the code. What people or parsers wrote (texts, names, queries, messages of
 * errors) is in none of its fields, nor are paths, cookies or ids of sessions (D10).
 */
export interface ServerLog {
  readonly log: Logger;
  /** Notes an error and gives the reference that a client may see. */
  readonly report: (
    error: unknown,
    context?: { readonly reference?: string; jobId?: string },
  ) => string;
  close(): void;
}

export interface ServerLogOptions {
  /** Whole errors, on the terminal of whoever runs the server. @default false */
  readonly debug?: boolean | undefined;
}

export function openServerLog(
  dataFolder: string,
  { debug = false }: ServerLogOptions = {},
): ServerLog {
  const file = new RotatingFile(path.join(dataFolder, 'log', 'server.jsonl'));
  const log = pino(
    {
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    file,
  );
  return {
    log,
    report(error, { reference = newReference(), jobId } = {}) {
      log.error({ event: 'error', reference, jobId, ...describe(error) });
      if (debug) console.error(reference, error);
      return reference;
    },
    close: () => file.close(),
  };
}

/** By which a person and the log name the same error. */
export const newReference = (): string => randomBytes(9).toString('base64url');

/** Class, code and where in the code; never the message, which may quote a path or a text. */
export function describe(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: typeof error };
  const code: unknown =
    PublicError.isInstance(error) || OffstageError.isInstance(error)
      ? error.code
      : Reflect.get(error, 'code');
  const cause =
    depth < 3 && error.cause !== undefined ? { cause: describe(error.cause, depth + 1) } : {};
  return {
    error: error.constructor.name,
    ...(typeof code === 'string' && /^[\w-]{1,64}$/.test(code) && { code }),
    ...reasonOf(error),
    at: places(error),
    ...cause,
  };
}

/** One of the reasons that a code of the library has, such as `memory` of a Redis that is full. */
function reasonOf(error: Error): { readonly reason?: string } {
  const reason = OffstageError.isInstance(error) ? error.details.reason : undefined;
  return typeof reason === 'string' && /^[a-z_]{1,32}$/.test(reason) ? { reason } : {};
}

// `at read (/home/somebody/app/src/file.ts:12:5)` without who and where that is: `file.ts:12`.
function places(error: Error): string[] {
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return frames.slice(0, 8).flatMap((line) => {
    const place = /(?<![\w.-])([\w.-]+\.(?:ts|js|mjs|cjs)):(\d+):\d+\)?$/.exec(line);
    return place === null ? [] : [`${place[1]}:${place[2]}`];
  });
}
