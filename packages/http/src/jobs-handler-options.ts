import {
  type AnyJobDefinition,
  type Clock,
  type JobClient,
  OffstageError,
  systemClock,
} from '@offstage/core';
import { reservedNames } from './routes.ts';

export interface JobsHandlerOptions {
  /** The jobs that may be started over HTTP. */
  readonly definitions: readonly AnyJobDefinition[];
  /**
   * Who asks: the owner's client, or a response that refuses, such as a 401 or a redirect. Called
   * once per request, before its body is read. What it throws is answered like any other error.
   */
  readonly clientFor: (request: Request) => JobClient | Response | Promise<JobClient | Response>;
  /** The path under which the handler is mounted, as browsers see it. @default '/jobs' */
  readonly basePath?: string | undefined;
  /** Larger bodies are refused with 413, read no further than this. @default 1_048_576 */
  readonly maxBodyBytes?: number | undefined;
  /** Milliseconds for a body to arrive whole; then 408. @default 30_000 */
  readonly bodyTimeoutMs?: number | undefined;
  /**
   * Origins other than the handler's own that may change jobs, such as `https://app.example.com`.
   * Whether a browser lets them read the answers is up to CORS headers around the handler. @default []
   */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Open streams of this handler; further ones are refused with 503. @default 1000 */
  readonly maxStreams?: number | undefined;
  /**
   * Open streams of one owner; further ones are refused with 429, and their pages poll. Tabs of one
   * browser share one stream. @default 50
   */
  readonly maxStreamsPerOwner?: number | undefined;
  /**
   * About how many bytes an answer to many polls, or a list, has at most; its client asks again for
   * the rest. One job is given however large its result is. @default 4_194_304
   */
  readonly maxAnswerBytes?: number | undefined;
  /**
   * A stream ends after this many milliseconds, and its client comes back with its cursor: it is
   * asked again who it is. @default 3_600_000
   */
  readonly maxStreamMs?: number | undefined;
  /** Milliseconds of silence after which a stream says that it is alive. @default 15_000 */
  readonly heartbeatMs?: number | undefined;
  /**
   * The least time between two events of one stream, in milliseconds. Much progress waits longer, up to
   * `pollIntervalMs`; 0 sends all that the reader takes. @default 50
   */
  readonly minEventGapMs?: number | undefined;
  /** How often streams look where the client pushes nothing, in milliseconds. @default 1000 */
  readonly pollIntervalMs?: number | undefined;
  /**
   * Hears of every error that is the server's own. A client sees the reference and nothing else.
   * @default writes to `console.error`
   */
  readonly onError?:
    | ((error: unknown, context: { readonly reference: string }) => void)
    | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

/** The options, checked and complete. */
export interface JobsHandlerSettings {
  readonly definitions: ReadonlyMap<string, AnyJobDefinition>;
  readonly clientFor: JobsHandlerOptions['clientFor'];
  /** Without a slash at its end; empty for the root. */
  readonly basePath: string;
  readonly maxBodyBytes: number;
  readonly bodyTimeoutMs: number;
  readonly allowedOrigins: ReadonlySet<string>;
  readonly maxStreams: number;
  readonly maxStreamsPerOwner: number;
  readonly maxAnswerBytes: number;
  readonly maxStreamMs: number;
  readonly heartbeatMs: number;
  readonly minEventGapMs: number;
  readonly pollIntervalMs: number;
  readonly onError: (error: unknown, context: { readonly reference: string }) => void;
  readonly clock: Clock;
}

/** @throws OffstageError `invalid_option` */
export function settingsOf(options: JobsHandlerOptions): JobsHandlerSettings {
  try {
    return read(options);
  } catch (cause) {
    if (OffstageError.isInstance(cause)) throw cause;
    throw new OffstageError('invalid_option', 'The options cannot be read; see the cause.', {
      cause,
    });
  }
}

function read(options: JobsHandlerOptions): JobsHandlerSettings {
  if (typeof options !== 'object' || options === null) reject('options must be an object.');
  if (typeof options.clientFor !== 'function') {
    reject('clientFor must be a function from a request to a job client or a response.');
  }
  return {
    definitions: definitionsOf(options.definitions),
    clientFor: options.clientFor,
    basePath: basePathOf(options.basePath ?? '/jobs'),
    maxBodyBytes: count('maxBodyBytes', options.maxBodyBytes ?? 1_048_576),
    bodyTimeoutMs: duration('bodyTimeoutMs', options.bodyTimeoutMs ?? 30_000),
    allowedOrigins: originsOf(options.allowedOrigins ?? []),
    maxStreams: count('maxStreams', options.maxStreams ?? 1000),
    maxStreamsPerOwner: count('maxStreamsPerOwner', options.maxStreamsPerOwner ?? 50),
    maxAnswerBytes: count('maxAnswerBytes', options.maxAnswerBytes ?? 4_194_304),
    maxStreamMs: duration('maxStreamMs', options.maxStreamMs ?? 3_600_000),
    heartbeatMs: duration('heartbeatMs', options.heartbeatMs ?? 15_000),
    minEventGapMs: count('minEventGapMs', options.minEventGapMs ?? 50),
    pollIntervalMs: duration('pollIntervalMs', options.pollIntervalMs ?? 1000),
    onError: options.onError ?? logError,
    clock: options.clock ?? systemClock,
  };
}

/** `/api/jobs`; empty for the root. @throws OffstageError `invalid_option` */
export function basePathOf(basePath: string): string {
  if (basePath === '/') return '';
  if (typeof basePath !== 'string' || !/^(\/[\w.~-]+)+$/.test(basePath)) {
    reject('basePath must be a path such as "/api/jobs": it begins with "/" and does not end so.');
  }
  return basePath;
}

/** @throws OffstageError `invalid_option` */
export function definitionsOf(
  definitions: readonly AnyJobDefinition[],
): ReadonlyMap<string, AnyJobDefinition> {
  if (!Array.isArray(definitions)) reject('definitions must be a list of what defineJob() gives.');
  const byName = new Map<string, AnyJobDefinition>();
  for (const definition of definitions) {
    const name: unknown = definition?.name;
    if (typeof name !== 'string') reject('definitions must be what defineJob() gives.');
    if (reservedNames.has(name)) {
      reject(
        `A job that is started over HTTP cannot be named "${name}": that is a path of its own.`,
      );
    }
    if (byName.has(name)) reject(`Two definitions are named "${name}".`);
    byName.set(name, definition);
  }
  return byName;
}

function originsOf(origins: readonly string[]): ReadonlySet<string> {
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      reject(`allowedOrigins: "${origin}" is no origin, such as "https://app.example.com".`);
    }
  }
  return new Set(origins);
}

function count(name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) reject(`${name} must be a whole number.`);
  return value;
}

function duration(name: string, value: number): number {
  if (!(Number.isFinite(value) && value > 0)) {
    reject(`${name} must be a positive number of milliseconds.`);
  }
  return value;
}

function reject(message: string): never {
  throw new OffstageError('invalid_option', message);
}

function logError(error: unknown, { reference }: { readonly reference: string }): void {
  console.error('Offstage:', { reference, error });
}
