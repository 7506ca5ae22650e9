import { rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import path from 'node:path';
import { parseCacheFolder } from '../change/change-handler.ts';
import { change } from '../change/change-job.ts';
import { defaultMaxChangeMs } from '../change/change-work.ts';
import { makeFolders } from '../corpus/make-folders.ts';
import type { ParserSettings } from '../reading/parser-settings.ts';
import { corpusSettings } from '../search/settings.ts';
import type { UploadLimits } from '../web/api.ts';
import { ChangeClients } from './changes/change-clients.ts';
import { CorpusGate } from './changes/corpus-gate.ts';
import type { HostedChanges, HostedChangesOptions } from './changes/hosted-changes.ts';
import type { KeptState } from './changes/kept-changes.ts';
import { LocalChanges } from './changes/local-changes.ts';
import { type FolderNews, WatchedFolder } from './changes/watched-folder.ts';
import { DataFolder } from './data-folder.ts';
import { DataLock } from './data-lock.ts';
import { Corpus } from './documents/corpus.ts';
import { listen } from './listen.ts';
import { EventLog, type EventLogOptions } from './logs/event-log.ts';
import { openServerLog, type ServerLog } from './logs/logger.ts';
import { Problem } from './requests/problem.ts';
import { requestPipeline } from './requests/request-pipeline.ts';
import { createRoutes } from './requests/routes.ts';
import { Sessions, sessionSecret } from './requests/sessions.ts';
import { StaticPages } from './requests/static-pages.ts';
import { ReadAhead } from './uploads/read-ahead.ts';
import { UploadStore, type UploadStoreOptions } from './uploads/upload-store.ts';

export interface DocumentsServerOptions {
  /** Holds snapshots, staging, logs and the secret of sessions. */
  readonly dataFolder: string;
  /** The built pages, `react` and `svelte`. @default the app's `dist` */
  readonly pagesFolder?: string | undefined;
  /** @default 4173; 0 takes any free one */
  readonly port?: number | undefined;
  /** The address to listen at. @default '127.0.0.1' */
  readonly host?: string | undefined;
  /** Names that requests may use for this server, besides those of the loopback. */
  readonly allowedHosts?: readonly string[] | 'any' | undefined;
  readonly uploads?: UploadStoreOptions | undefined;
  /** Parser processes of a change. @default 2, or 1 where there is one processor */
  readonly parsers?: number | undefined;
  /** @default 30_000 */
  readonly fileTimeoutMs?: number | undefined;
  /** Any request but an upload has to be whole after this, in milliseconds. @default 30_000 */
  readonly requestMs?: number | undefined;
  /** A connection on which nothing moves is ended after this, in milliseconds. @default 120_000 */
  readonly stallMs?: number | undefined;
  /** Behind a proxy that sets `X-Forwarded-Proto`, on another machine. One on this machine is heard. @default false */
  readonly trustProxy?: boolean | undefined;
  /** A whole change may take this long. @default 1_800_000 */
  readonly maxChangeMs?: number | undefined;
  readonly eventLog?: EventLogOptions | undefined;
  /** Whole errors on the terminal. @default false */
  readonly debug?: boolean | undefined;
  /** A folder whose files are in the corpus as they are there, beside uploads. @default none */
  readonly watch?: string | undefined;
  /** Told what happens to that folder. */
  readonly onFolderNews?: ((news: FolderNews) => void) | undefined;
  /** Steers jobs by the names of files, for tests of pages. @default false */
  readonly stub?: boolean | undefined;
  /** Where changes run. @default in a thread of this process, kept in the data folder */
  readonly changes?: ((options: HostedChangesOptions) => HostedChanges) | undefined;
}

export type { UploadLimits };

/**
 * How long a connection is kept between requests: longer than proxies keep theirs (60 s in nginx and in load
 * balancers). Where the server ends first, a request that comes at that moment is lost with its connection.
 */
const keepAliveMs = 75_000;

/**
 * The Documents server: pages, uploads, jobs, search and versions in one process with no service
 * beside it (D1), unless changes are given elsewhere to run.
 *
 * @throws DataFolderInUseError when another server holds the data folder.
 */
export class DocumentsServer {
  readonly #options: DocumentsServerOptions;
  readonly #dataFolder: string;
  readonly #folder: DataFolder;
  readonly #lock: DataLock;
  readonly #log: ServerLog;
  readonly #events: EventLog;
  readonly #corpus: Corpus;
  readonly #uploads: UploadStore;
  readonly #changes: HostedChanges;
  readonly #gate: CorpusGate;
  readonly #clients: ChangeClients;
  readonly #server: Server;
  readonly #closing = new AbortController();
  #watched: WatchedFolder | undefined;
  #closed: Promise<unknown> | undefined;

  constructor(options: DocumentsServerOptions) {
    const dataFolder = path.resolve(options.dataFolder);
    makeFolders(dataFolder);
    this.#options = options;
    this.#dataFolder = dataFolder;
    this.#folder = new DataFolder(dataFolder);
    this.#lock = new DataLock(dataFolder);
    this.#log = openServerLog(dataFolder, { debug: options.debug });
    this.#uploads = new UploadStore(dataFolder, options.uploads);
    this.#events = new EventLog(dataFolder, options.eventLog);
    this.#corpus = new Corpus(dataFolder);
    const { changes = (parts) => new LocalChanges(parts) } = options;
    this.#changes = changes({
      dataFolder,
      stub: options.stub ?? false,
      debug: options.debug ?? false,
      onKept: (kept) => this.#goOn(kept),
      onInterrupted: (session, jobId) => this.#events.resumed(session, jobId),
      report: this.#log.report,
      note: (line) => this.#log.log.info(line),
    });
    this.#changes.on('error', ({ error, reference, jobId }) => {
      this.#log.report(error, { reference, ...(jobId !== undefined && { jobId }) });
    });
    const parsing: ParserSettings = {
      fileTimeoutMs: options.fileTimeoutMs ?? 30_000,
      processes: options.parsers,
      maxFileBytes: this.#uploads.limits.maxFileBytes,
      // Of each job as it starts.
      get passageLength() {
        return corpusSettings(dataFolder).passageLength;
      },
    };
    const { reader } = this.#changes;
    const readAhead = reader && new ReadAhead({ client: reader, parsing });
    if (readAhead !== undefined) this.#uploads.watch(readAhead);
    this.#events.follow(this.#changes, change.name);
    this.#gate = new CorpusGate({
      ...{ manager: this.#changes, uploads: this.#uploads, readAhead },
      onPublished: () => this.#corpus.refresh(),
    });
    const { maxChangeMs = defaultMaxChangeMs } = options;
    this.#clients = new ChangeClients({
      ...{ manager: this.#changes, gate: this.#gate, dataFolder, parsing, maxChangeMs },
    });
    this.#server = this.#httpServer(this.#pipeline());
  }

  #pipeline(): RequestListener {
    const { pagesFolder = path.join(import.meta.dirname, '..', '..', 'dist') } = this.#options;
    const { requestMs = 30_000 } = this.#options;
    const { idleMs, minBytesPerSecond, maxRequestMs } = this.#uploads;
    return requestPipeline({
      routes: createRoutes({
        ...{ corpus: this.#corpus, gate: this.#gate, uploads: this.#uploads },
        events: this.#events,
        pages: {
          react: new StaticPages(path.join(pagesFolder, 'react')),
          svelte: new StaticPages(path.join(pagesFolder, 'svelte')),
        },
        report: this.#log.report,
        closing: this.#closing.signal,
      }),
      jobsOf: (session) => this.#clients.of(session),
      sessions: new Sessions({ secret: sessionSecret(this.#dataFolder) }),
      allowedHosts: hostsOf(this.#options),
      trustProxy: this.#options.trustProxy ?? false,
      uploadLimits: { maxMs: maxRequestMs, windowMs: idleMs, minBytesPerSecond },
      assertData: () => this.#folder.assertThere(),
      assertJobs: () => {
        if (this.#changes.isBroken) throw restartNeeded();
      },
      bodyLimits: { maxMs: requestMs, windowMs: requestMs, minBytesPerSecond: 0 },
      log: this.#log,
    });
  }

  #httpServer(onRequest: RequestListener): Server {
    const { requestMs: headersTimeout = 30_000, stallMs = 120_000 } = this.#options;
    const connectionsCheckingInterval = Math.min(5000, headersTimeout);
    // Of localhost a browser sends the cookies of every application that ran there, at whatever port.
    const maxHeaderSize = 64 * 1024;
    const options = { headersTimeout, connectionsCheckingInterval, maxHeaderSize };
    const server = createServer(options, onRequest);
    // Bodies have limits of their own: a slow upload is an upload, and a slow anything else is not.
    server.requestTimeout = 0;
    // Ends connections on which nothing moves: answers that nobody reads. Streams say now and then that they live.
    server.timeout = stallMs;
    server.keepAliveTimeout = keepAliveMs;
    return server;
  }

  /** Begins to listen, at the next free port where the wanted one is taken. */
  async start(): Promise<{ readonly url: string; readonly port: number }> {
    this.#clients.remember(await this.#changes.open());
    const { host = '127.0.0.1', port = 4173 } = this.#options;
    const bound = await listen(this.#server, host, port);
    const shownHost =
      host === '127.0.0.1' || host === '0.0.0.0' || host === '::' ? 'localhost' : host;
    const url = `http://${shownHost}:${bound}/`;
    this.#lock.announce(url);
    this.#log.log.info({ event: 'listening', port: bound });
    this.#watched = this.#watchFolder();
    return { url, port: bound };
  }

  #watchFolder(): WatchedFolder | undefined {
    const { watch, fileTimeoutMs = 30_000, onFolderNews } = this.#options;
    if (watch === undefined || this.#closed !== undefined) return undefined;
    return new WatchedFolder({
      ...{ folder: path.resolve(watch), dataFolder: this.#dataFolder, fileTimeoutMs },
      gate: this.#gate,
      events: this.#events,
      onPublished: () => this.#corpus.refresh(),
      onNews: (news) => onFolderNews?.(news),
      onError: this.#log.report,
    });
  }

  /** Ends streams, lets jobs end within the grace, and lets go of the data folder. */
  shutdown({ graceMs = 5000 }: { readonly graceMs?: number } = {}): Promise<unknown> {
    this.#closed ??= this.#close(graceMs);
    return this.#closed;
  }

  /** Before anything that was kept goes on. */
  #goOn({ changes, taken }: KeptState): void {
    this.#uploads.restore(taken);
    if (this.#uploads.isEmpty) {
      rmSync(parseCacheFolder(this.#dataFolder), { recursive: true, force: true });
    }
    for (const change of changes) {
      if (!change.isActive) continue;
      this.#gate.resume(change);
      this.#events.resumed(change.session, change.jobId);
    }
  }

  async #close(graceMs: number): Promise<unknown> {
    this.#closing.abort();
    const listening = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    await this.#watched?.stop();
    const report = await this.#changes.shutdown({ graceMs });
    this.#server.closeAllConnections();
    await listening;
    await this.#corpus.close();
    this.#uploads.close();
    this.#log.log.info({ event: 'ended', ...report });
    this.#log.close();
    this.#events.close();
    this.#lock.release();
    return report;
  }
}

const restartNeeded = (): Problem =>
  new Problem(
    503,
    'restart_needed',
    'This server can keep no changes any more: its data folder was away for a while, or its disk failed. Start it again; what is published stays, and changes go on.',
  );

function hostsOf({ host, allowedHosts = [] }: DocumentsServerOptions): ReadonlySet<string> | 'any' {
  if (allowedHosts === 'any') return 'any';
  const own = ['localhost', '127.0.0.1', '[::1]', ...(host === undefined ? [] : [host])];
  return new Set([...own, ...allowedHosts].map((name) => name.toLowerCase()));
}
