import type { HttpBindings } from '@hono/node-server';
import type { CorpusGate } from '../changes/corpus-gate.ts';
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
  readonly events: EventLog;
  readonly pages: { readonly react: StaticPages; readonly svelte: StaticPages };
  readonly gate: CorpusGate;
  readonly report: (error: unknown) => string;
  /** Aborted when the server ends. */
  readonly closing: AbortSignal;
}
