/*
 * What the Documents server answers. Jobs are not here: `HttpJobClient` of `@offstage/http/client`
 * with `baseUrl: '/jobs'` and the definition `change` of `../change-job.ts`.
 *
 * Dates are milliseconds since the Unix epoch. Names are whatever a person's files are called: text to
 * show, without control characters and direction marks, and never markup or a path to open.
 */
export type { ChangeResult, FileOutcome } from '../change/change-job.ts';

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
  /** Files that were read by former versions of their readers. */
  readonly outdated: number;
  /** The version keeps the files of its documents, so that they can be read again. */
  readonly canIndexAgain: boolean;
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
  /** When it was gone on with after an interruption, by the server that answers; `null` without one. */
  readonly resumedAt: number | null;
  /** Why one has to wait, to be shown. */
  readonly message: string;
}

export interface CorpusView {
  /** `new` where the request brought no session along: the first one, or a browser without cookies. */
  readonly session: 'new' | 'known';
  /** How many versions are kept; the oldest ones go. */
  readonly keptVersions: number;
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
  /** What was left out of one that can be searched, in plain sentences. */
  readonly notes: readonly string[];
  /** Of one that cannot be searched: the version keeps its file, so that it can be tried again. */
  readonly canRetry: boolean;
  readonly addedAt: number | null;
}

export const documentSorts = ['name', 'size', 'added', 'passages'] as const;
export type DocumentSort = (typeof documentSorts)[number];

/** Which documents are meant, in which order, and which of them are wanted. */
export interface DocumentsQuery {
  /** @default the current one */
  readonly version?: string | undefined;
  readonly offset?: number | undefined;
  readonly limit?: number | undefined;
  /** Names count numbers by their value. @default 'name' */
  readonly sort?: DocumentSort | undefined;
  /** @default 'asc' */
  readonly order?: 'asc' | 'desc' | undefined;
  /** Words that the name holds, folders included. */
  readonly name?: string | undefined;
  /** A media type; 'failed' for those that cannot be searched, 'partly' for those read in part. */
  readonly kind?: string | undefined;
  /** The message of a problem. */
  readonly reason?: string | undefined;
}

export interface DocumentKind {
  /** A media type; `null` for those that cannot be searched. */
  readonly kind: string | null;
  readonly count: number;
}

export interface DocumentsPage {
  readonly version: string | null;
  /** Of what the query means. */
  readonly total: number;
  readonly documents: readonly DocumentView[];
  /** Of the whole version. */
  readonly kinds: readonly DocumentKind[];
  /** How many documents of the version were read in part. */
  readonly partly: number;
  /** Why documents of the version cannot be searched. */
  readonly reasons: readonly FailureReason[];
}

export interface FailureReason {
  readonly reason: string;
  readonly count: number;
  /** Of how many of them the version keeps the file. */
  readonly canRetry: number;
}

/** An upload that waits, under the name of a document with another content. */
export interface Replacement {
  readonly upload: string;
  readonly name: string;
}

export interface SnippetPart {
  readonly text: string;
  readonly match: boolean;
}

/** A document as it can be searched. */
export interface DocumentText {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly mediaType: string | null;
  /** Whether the version keeps the file itself. */
  readonly hasOriginal: boolean;
  /** What was left out of the text, in plain sentences. */
  readonly notes: readonly string[];
  readonly passages: readonly {
    /** Empty where it is that of the passage before, or none. */
    readonly heading: string;
    readonly parts: readonly SnippetPart[];
  }[];
}

/** A passage in which the query was found. */
export interface PassageHit {
  /** Its number in this version; passages of a document count on in reading order. */
  readonly passage: number;
  /** The heading, or the page, under which it stands; may be empty. */
  readonly heading: string;
  readonly snippet: readonly SnippetPart[];
  readonly score: number;
}

/** A document with the best of its passages that were found. */
export interface DocumentHit {
  readonly documentId: string;
  readonly name: string;
  readonly title: string;
  readonly mediaType: string;
  /** `pdf`, `word`, `web`, `markdown`, `text` and the like; a media type where it has no such name. */
  readonly kind: string;
  /** How many of its passages were found. */
  readonly passages: number;
  /** The best three at most, best first. */
  readonly hits: readonly PassageHit[];
}

export interface SearchHit extends PassageHit {
  readonly documentId: string;
  readonly name: string;
  readonly title: string;
  readonly mediaType: string;
}

export interface SearchAnswer {
  readonly version: string;
  readonly gen: number;
  /** One page of the documents that were found, best first. */
  readonly documents: readonly DocumentHit[];
  /** The best passages of these documents, best first, for who lists passages. */
  readonly hits: readonly SearchHit[];
  /** All that was found, on whatever page. */
  readonly total: { readonly documents: number; readonly passages: number };
  /** From 1. */
  readonly page: number;
  readonly pages: number;
  /** `any` when no passage holds all of the words, and those with some of them are given. */
  readonly matched: 'all' | 'any';
  /** What was looked for, other forms of words included. */
  readonly searched: readonly string[];
  /** Of each word that is nowhere, what may have been meant; empty where all was found. */
  readonly near: readonly { readonly word: string; readonly near: readonly string[] }[];
  readonly tookMs: number;
}

export interface SearchOptions {
  /** Documents on a page, 1 to 100. @default 20 */
  readonly limit?: number;
  /** From 1. @default 1 */
  readonly page?: number;
  readonly kinds?: readonly string[];
  /** In this folder and those below it alone. */
  readonly folder?: string;
  /** The query is not complete yet: its last word may go on. @default false */
  readonly asTyped?: boolean;
}

/** What the corpus is searched and indexed by. */
export interface SettingsView {
  /** Whose words are stemmed: `auto`, `none` or one of `languages`. */
  readonly language: string;
  /** Characters that a passage has at most; another length makes the index stale. */
  readonly passageLength: number;
  /** Codes of the languages that there are, ISO 639. */
  readonly languages: readonly string[];
  /** Between these `passageLength` is. */
  readonly least: number;
  readonly most: number;
}

/** A job of this session that was at work when a server ended, and that the next one has gone on with. */
export interface Interruption {
  readonly jobId: string;
  /** When the job began. */
  readonly at: number;
  readonly what: string;
  /** It has not ended yet. */
  readonly isAtWork: boolean;
}

/** A line of the event log (D10), as `/api/log` streams it. */
export interface LogEvent {
  /** Counts up from 1 at each start of the server; the server-sent event's `id` is `<epoch>.<seq>`. */
  readonly seq: number;
  readonly at: number;
  readonly event:
    | 'started'
    | 'progress'
    | 'completed'
    | 'canceled'
    | 'failed'
    /** A former server ended while the job was at work. */
    | 'interrupted'
    /** This one goes on with it. */
    | 'resumed';
  readonly jobId: string;
  readonly phase: string | null;
  readonly percent: number | null;
  readonly durationMs: number | null;
  /** Of a failure. */
  readonly code: string | null;
}
