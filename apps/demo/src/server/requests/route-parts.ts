import type { HttpBindings } from '@hono/node-server';
import type { CorpusView } from '../../web/api.ts';
import type { JobJournal } from '../changes/job-journal.ts';
import type { Corpus } from '../documents/corpus.ts';
import type { EventLog } from '../logs/event-log.ts';
import type { UploadStore } from '../uploads/upload-store.ts';
import type { StaticPages } from './static-pages.ts';

/** What a request brings along, besides itself. */
export interface Bindings extends HttpBindings {
  readonly session: string;
}

export interface RouteParts {
  readonly corpus: Corpus;
  readonly uploads: UploadStore;
  readonly journal: JobJournal;
  readonly events: EventLog;
  readonly pages: { readonly react: StaticPages; readonly svelte: StaticPages };
  readonly busy: (session: string) => CorpusView['busy'];
  /** Holds the corpus for the time of a rollback. @throws Problem 409 `conflict` */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  readonly report: (error: unknown) => string;
  /** Aborted when the server ends. */
  readonly closing: AbortSignal;
}
