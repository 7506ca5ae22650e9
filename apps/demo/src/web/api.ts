/*
 * Every request and answer of the Documents server, and a small client for them. No framework and no
 * Node.js: both pages and the tests use it. Jobs are not here: `HttpJobClient` of `@offstage/http/client`
 * with `baseUrl: '/jobs'` and the definition `change` of `../change-job.ts`.
 *
 * Dates are milliseconds since the Unix epoch. Names are whatever a person's files are called: text to
 * show, without control characters and direction marks, and never markup or a path to open.
 */
export type { ChangeResult, FileOutcome } from '../change-job.ts';

/** What to show of something that went wrong. */
export interface Problem {
  readonly code: string;
  readonly message: string;
}

/** One file of a `POST /api/uploads`, in the order sent. */
export interface UploadedFile {
  /** To be named in `add` of a change; `null` when it was refused. */
  readonly upload: string | null;
  readonly name: string;
  readonly bytes: number;
  /**
   * Why it was refused: `too_large`, `too_many_files`, `name_too_long`, `name_refused`, `empty_name`,
   * `incomplete`, `storage_full`, `storage_failed`, `session_full`.
   */
  readonly problem: Problem | null;
}

export interface UploadAnswer {
  readonly files: readonly UploadedFile[];
}

/** The limits in force, so that a page can say so before anything is sent. */
export interface UploadLimits {
  readonly maxFileBytes: number;
  readonly maxFilesPerRequest: number;
  /** Bytes of one request. */
  readonly maxRequestBytes: number;
  /** Bytes of a name in UTF-8, folders included. */
  readonly maxNameBytes: number;
  /** Files and bytes that one session may have waiting. */
  readonly maxWaitingFiles: number;
  readonly maxWaitingBytes: number;
}

/** The field of the form in which files are sent; a folder's files keep their path in `filename`. */
export const uploadField = 'files';

export interface VersionChanges {
  readonly added: number;
  readonly removed: number;
  /** Same name, other content. */
  readonly changed: number;
}

export interface VersionView {
  /** `<gen>-<id>`. */
  readonly version: string;
  readonly gen: number;
  readonly createdAt: number;
  readonly current: boolean;
  /** The older generation whose content it has, where it is one that was made current again. */
  readonly rolledBackTo: number | null;
  /** Documents that can be searched. */
  readonly documents: number;
  readonly passages: number;
  /** Files that are listed with a reason and cannot be searched. */
  readonly failed: number;
  /** Of the documents. */
  readonly bytes: number;
  readonly indexBytes: number;
  /** Everything in the version. */
  readonly totalBytes: number;
  readonly files: number;
  /** SHA-256 over the documents' names and contents, and over the settings; 64 hexadecimal digits. */
  readonly corpusHash: string;
  readonly configHash: string;
  /** The settings are others by now: its index is stale. */
  readonly settingsChanged: boolean;
  /** Against the version before it in the list; `null` for the oldest that is kept. */
  readonly changes: VersionChanges | null;
}

export interface Stale {
  readonly settingsChanged: boolean;
  /** Uploads of this session that no change has taken. */
  readonly pending: number;
  readonly message: string;
}

export interface Busy {
  /** A change of this session's own. */
  readonly mine: boolean;
  /** `null` when it is another session's, or a rollback. */
  readonly jobId: string | null;
  readonly since: number;
  /** Why one has to wait, to be shown. */
  readonly message: string;
}

export interface CorpusView {
  readonly current: VersionView | null;
  readonly stale: Stale | null;
  readonly busy: Busy | null;
  readonly limits: UploadLimits;
  /** Uploads of this session that no change has taken. */
  readonly pending: readonly {
    readonly upload: string;
    readonly name: string;
    readonly bytes: number;
  }[];
}

export interface DocumentView {
  readonly id: string;
  readonly name: string;
  /** `null` where the file could not be read. */
  readonly mediaType: string | null;
  readonly bytes: number;
  readonly sha256: string | null;
  readonly passages: number;
  readonly outcome: 'indexed' | 'failed';
  readonly problem: Problem | null;
  readonly addedAt: number | null;
}

export interface DocumentsPage {
  readonly version: string | null;
  readonly total: number;
  readonly documents: readonly DocumentView[];
}

export interface SnippetPart {
  readonly text: string;
  readonly match: boolean;
}

export interface SearchHit {
  readonly documentId: string;
  readonly name: string;
  readonly title: string;
  /** The heading, or the page, under which the passage stands; may be empty. */
  readonly heading: string;
  readonly snippet: readonly SnippetPart[];
  readonly score: number;
}

export interface SearchAnswer {
  readonly version: string;
  readonly gen: number;
  readonly hits: readonly SearchHit[];
  /** `any` when no passage holds all of the words, and those with some of them are given. */
  readonly matched: 'all' | 'any';
  readonly tookMs: number;
}

/** A job of this session that was at work when the server ended. */
export interface Interruption {
  readonly jobId: string;
  /** When the job began. */
  readonly at: number;
  readonly what: string;
}

/** A line of the event log (D10), as `/api/log` streams it. */
export interface LogEvent {
  /** Counts up from 1 at each start of the server; the server-sent event's `id` is `<epoch>.<seq>`. */
  readonly seq: number;
  readonly at: number;
  readonly event: 'started' | 'progress' | 'completed' | 'canceled' | 'failed' | 'interrupted';
  readonly jobId: string;
  readonly phase: string | null;
  readonly percent: number | null;
  readonly durationMs: number | null;
  /** Of a failure. */
  readonly code: string | null;
}

/** The server's refusal, with the code of its problem details. `offline` when there was no answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;
  /** The HTTP status; 0 without an answer. */
  readonly status: number;

  constructor(code: string, message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.status = status;
  }
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface Api {
  corpus(options?: RequestOptions): Promise<CorpusView>;
  documents(
    query?: { readonly version?: string; readonly offset?: number; readonly limit?: number },
    options?: RequestOptions,
  ): Promise<DocumentsPage>;
  search(
    query: string,
    options?: RequestOptions & { readonly limit?: number },
  ): Promise<SearchAnswer>;
  versions(options?: RequestOptions): Promise<readonly VersionView[]>;
  rollback(gen: number, options?: RequestOptions): Promise<{ version: string; gen: number }>;
  /** Without progress; a page that shows progress sends the same form by XMLHttpRequest. */
  upload(
    files: readonly { name: string; content: Blob }[],
    options?: RequestOptions,
  ): Promise<UploadAnswer>;
  dropUpload(upload: string, options?: RequestOptions): Promise<void>;
  interruptions(options?: RequestOptions): Promise<readonly Interruption[]>;
  dismissInterruption(jobId: string, options?: RequestOptions): Promise<void>;
  /** Follows the log until it is stopped; a reconnect goes on where it was. Browsers only. */
  log(onEvent: (event: LogEvent) => void, onOpen?: (isOpen: boolean) => void): () => void;
}

export const apiPaths = {
  corpus: '/api/corpus',
  documents: '/api/documents',
  search: '/api/search',
  versions: '/api/versions',
  uploads: '/api/uploads',
  interruptions: '/api/interruptions',
  log: '/api/log',
} as const;

export interface ApiOptions {
  /** Before every path. @default '' */
  readonly origin?: string | undefined;
  /** @default globalThis.fetch */
  readonly fetch?: typeof fetch | undefined;
}

export function createApi({ origin = '', fetch: send = globalThis.fetch }: ApiOptions = {}): Api {
  const request = async (path: string, init: RequestInit = {}): Promise<Response> => {
    let response: Response;
    try {
      response = await send(`${origin}${path}`, init);
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw new ApiError('offline', 'The server cannot be reached just now.', 0, { cause: error });
    }
    if (!response.ok) throw await apiErrorOf(response);
    return response;
  };
  const get = async <T>(path: string, options?: RequestOptions): Promise<T> =>
    jsonOf<T>(await request(path, { signal: options?.signal ?? null }));
  const change = (path: string, method: string, options?: RequestOptions, body?: FormData) =>
    request(path, { method, body: body ?? null, signal: options?.signal ?? null });

  return {
    corpus: (options) => get(apiPaths.corpus, options),
    documents: (query = {}, options) => get(`${apiPaths.documents}${queryOf(query)}`, options),
    search: (q, options) =>
      get(`${apiPaths.search}${queryOf({ q, limit: options?.limit })}`, options),
    versions: async (options) =>
      (await get<{ versions: readonly VersionView[] }>(apiPaths.versions, options)).versions,
    rollback: async (gen, options) =>
      jsonOf(await change(`${apiPaths.versions}/${gen}/rollback`, 'POST', options)),
    upload: async (files, options) => {
      const form = new FormData();
      for (const { name, content } of files) form.append(uploadField, content, name);
      return jsonOf(await change(apiPaths.uploads, 'POST', options, form));
    },
    dropUpload: async (upload, options) => {
      await change(`${apiPaths.uploads}/${encodeURIComponent(upload)}`, 'DELETE', options);
    },
    interruptions: (options) => get(apiPaths.interruptions, options),
    dismissInterruption: async (jobId, options) => {
      await change(`${apiPaths.interruptions}/${encodeURIComponent(jobId)}`, 'DELETE', options);
    },
    log(onEvent, onOpen) {
      const source = new EventSource(`${origin}${apiPaths.log}`);
      source.onmessage = ({ data }) => onEvent(JSON.parse(data));
      source.onopen = () => onOpen?.(true);
      source.onerror = () => onOpen?.(false);
      return () => source.close();
    },
  };
}

/** A refusal as an error, also for answers to an XMLHttpRequest. */
export function problemOf(status: number, body: unknown): ApiError {
  const { code, title } =
    typeof body === 'object' && body !== null
      ? { code: Reflect.get(body, 'code'), title: Reflect.get(body, 'title') }
      : { code: undefined, title: undefined };
  return new ApiError(
    typeof code === 'string' ? code : 'unavailable',
    typeof title === 'string' ? title : `The server answered with status ${status}.`,
    status,
  );
}

/** What this application's own server answers, as its tests hold it to. */
const jsonOf = async <T>(response: Response): Promise<T> => (await response.json()) as T;

async function apiErrorOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => undefined);
  return problemOf(response.status, body);
}

function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query.size === 0 ? '' : `?${query}`;
}
