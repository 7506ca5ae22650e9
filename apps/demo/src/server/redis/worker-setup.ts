import { createHash } from 'node:crypto';
import { sessionSecret } from '../requests/sessions.ts';

/** What a worker process is told by its environment, where no list of processes shows it. */
export interface WorkerSetup {
  readonly url: string;
  readonly queueName: string;
  /** Where it keeps what it has parsed: a folder of its own. */
  readonly parsed: string;
  readonly lockMs: number;
  readonly stub: boolean;
}

/** What a worker process says to the server. */
export type WorkerNews =
  | { readonly type: 'ready' }
  | { readonly type: 'error'; readonly line: Readonly<Record<string, unknown>> };

/** What the server says to a worker process. */
export interface WorkerOrder {
  readonly type: 'end';
  readonly graceMs: number;
}

/** One for each data folder, which many may have in one Redis. */
export function queueNameOf(dataFolder: string): string {
  const named = createHash('sha256').update(sessionSecret(dataFolder)).update(dataFolder);
  return `documents-${named.digest('hex').slice(0, 24)}`;
}
