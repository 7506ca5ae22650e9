import type { JobPoll } from '@offstage/core';
import { decodeJobPoll, decodeProblem } from '@offstage/core/wire';
import { isOfType } from './content-type.ts';
import { eventLines } from './event-lines.ts';
import type { HttpPorts } from './http-job-client-options.ts';
import { errorOf } from './problem.ts';
import { readJson } from './request-json.ts';

export interface Hints {
  readonly ids: ReadonlySet<unknown>;
  /** Those among them that merely progressed. */
  readonly progress: ReadonlySet<unknown>;
  /** What came along, by id. */
  readonly polls: ReadonlyMap<unknown, JobPoll>;
}

export interface HintReader {
  /** Something came, whatever it was; called after what it brought. */
  onAlive(): void;
  /** Hints come from now on. */
  onReady(version: string | undefined): void;
  /** These jobs changed; any may have, where the ids are `undefined`. */
  onChange(hints: Hints | undefined): void;
}

/**
 * Reads `GET {base}/events` once. Resolves when the stream ends; calls nothing after `signal` aborts.
 *
 * @throws OffstageError as a request does, and what the server says when a stream cannot go on.
 */
export async function readHints(
  { send, clock }: HttpPorts,
  signal: AbortSignal,
  reader: HintReader,
): Promise<void> {
  const response = await send('/events', 'text/event-stream', { method: 'GET', signal });
  if (!response.ok || !isOfType(response, 'event-stream') || response.body === null) {
    throw errorOf(response, await readJson(response), clock.now());
  }
  const feed = eventLines(({ event, data }) => {
    if (signal.aborted) return;
    if (event === 'ready') reader.onReady(versionOf(data));
    if (event === 'change') reader.onChange(hintsOf(data));
    if (event === 'problem') throw decodeProblem(JSON.parse(data));
  });
  const body = response.body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await body.read();
    if (signal.aborted) void body.cancel();
    if (done || signal.aborted) return;
    feed(decoder.decode(value, { stream: true }));
    reader.onAlive();
  }
}

function versionOf(data: string): string | undefined {
  try {
    return JSON.parse(data).version;
  } catch {
    return undefined;
  }
}

// What cannot be read may have meant any job.
function hintsOf(data: string): Hints | undefined {
  try {
    const { ids, progress = [], polls = [] } = JSON.parse(data);
    const told: readonly JobPoll[] = polls.map(decodeJobPoll);
    if (!Array.isArray(ids)) return undefined;
    return {
      ids: new Set(ids),
      progress: new Set(progress),
      polls: new Map(told.map((poll) => [poll.job?.id, poll])),
    };
  } catch {
    return undefined;
  }
}
