/*
 * A small client for every request of the Documents server but those of jobs. No framework and no Node.js:
 * both pages and the tests use it.
 */
import {
  type CorpusView,
  type DocumentsPage,
  type DocumentsQuery,
  type DocumentText,
  type Interruption,
  type Replacement,
  type SearchAnswer,
  type SearchOptions,
  type SettingsView,
  type UploadAnswer,
  uploadField,
  type VersionView,
} from './views.ts';

export * from './views.ts';

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
  documents(query?: DocumentsQuery, options?: RequestOptions): Promise<DocumentsPage>;
  /** The ids of all that a query means. */
  documentIds(query: DocumentsQuery, options?: RequestOptions): Promise<readonly string[]>;
  /** A document of the current version, with the words of a query marked. */
  documentText(id: string, query: string, options?: RequestOptions): Promise<DocumentText>;
  /** Which of this session's waiting uploads would take the place of a document. */
  replacements(options?: RequestOptions): Promise<readonly Replacement[]>;
  search(query: string, options?: RequestOptions & SearchOptions): Promise<SearchAnswer>;
  versions(options?: RequestOptions): Promise<readonly VersionView[]>;
  rollback(gen: number, options?: RequestOptions): Promise<{ version: string; gen: number }>;
  /** Without progress; a page that shows progress sends the same form by XMLHttpRequest. */
  upload(
    files: readonly { name: string; content: Blob }[],
    options?: RequestOptions,
  ): Promise<UploadAnswer>;
  dropUpload(upload: string, options?: RequestOptions): Promise<void>;
  settings(options?: RequestOptions): Promise<SettingsView>;
  /** Changes what is named. It holds for whoever uses the corpus. */
  saveSettings(
    change: Partial<Pick<SettingsView, 'language' | 'passageLength'>>,
    options?: RequestOptions,
  ): Promise<SettingsView>;
  interruptions(options?: RequestOptions): Promise<readonly Interruption[]>;
  dismissInterruption(jobId: string, options?: RequestOptions): Promise<void>;
}

export const apiPaths = {
  corpus: '/api/corpus',
  documents: '/api/documents',
  documentIds: '/api/documents/ids',
  documentText: '/api/documents/text',
  original: '/api/documents/original',
  replacements: '/api/uploads/replacements',
  search: '/api/search',
  versions: '/api/versions',
  uploads: '/api/uploads',
  settings: '/api/settings',
  export: '/api/export',
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
  const change = (
    path: string,
    method: string,
    options?: RequestOptions,
    body?: FormData | string,
  ) =>
    request(path, {
      method,
      ...(typeof body === 'string' && { headers: { 'content-type': 'application/json' } }),
      body: body ?? null,
      signal: options?.signal ?? null,
    });

  return {
    corpus: (options) => get(apiPaths.corpus, options),
    documents: (query = {}, options) =>
      get(`${apiPaths.documents}${queryOf({ ...query })}`, options),
    documentIds: async (query, options) =>
      (await get<{ ids: string[] }>(`${apiPaths.documentIds}${queryOf({ ...query })}`, options))
        .ids,
    documentText: (id, q, options) => get(`${apiPaths.documentText}${queryOf({ id, q })}`, options),
    replacements: async (options) =>
      (await get<{ files: Replacement[] }>(apiPaths.replacements, options)).files,
    search: (q, options) => get(`${apiPaths.search}${searchQueryOf(q, options)}`, options),
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
    settings: (options) => get(apiPaths.settings, options),
    saveSettings: async (settings, options) =>
      jsonOf(await change(apiPaths.settings, 'PUT', options, JSON.stringify(settings))),
    interruptions: (options) => get(apiPaths.interruptions, options),
    dismissInterruption: async (jobId, options) => {
      await change(`${apiPaths.interruptions}/${encodeURIComponent(jobId)}`, 'DELETE', options);
    },
  };
}

/** Where a document's own file is to be had. */
export const originalPath = (id: string, isDownload: boolean): string =>
  `${apiPaths.original}${queryOf({ id, download: isDownload ? 1 : undefined })}`;

/** Where a whole version is to be had as an archive. */
export const exportPath = (version: string): string =>
  `${apiPaths.export}${queryOf({ format: 'zip', version })}`;

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

function searchQueryOf(q: string, options: SearchOptions = {}): string {
  const { limit, page, folder, asTyped, kinds = [] } = options;
  const typed = asTyped === true ? 1 : undefined;
  const kind = kinds.map((one) => `&kind=${encodeURIComponent(one)}`).join('');
  return `${queryOf({ q, limit, page, folder, typed })}${kind}`;
}

function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query.size === 0 ? '' : `?${query}`;
}
