import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import path from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { JobManager, type JobNews, type JobView } from '@offstage/core';
import { createJobsHandler } from '@offstage/http';
import { toNodeListener } from '@offstage/http/node';
import { WorkerExecutor } from '@offstage/node-worker';
import { isForGood } from '../change/change-handler.ts';
import { change } from '../change/change-job.ts';
import { defaultMaxChangeMs, type StagedFile } from '../change/change-work.ts';
import type { ParserSettings } from '../reading/parser-settings.ts';
import { corpusSettings } from '../search/settings.ts';
import type { Busy, UploadLimits } from '../web/api.ts';
import { changeClient } from './changes/change-client.ts';
import { JobJournal } from './changes/job-journal.ts';
import { StartKeys } from './changes/start-keys.ts';
import { DataLock } from './data-lock.ts';
import { Corpus } from './documents/corpus.ts';
import { listen } from './listen.ts';
import { EventLog, type EventLogOptions } from './logs/event-log.ts';
import { openServerLog } from './logs/logger.ts';
import { limitBody } from './requests/body-limits.ts';
import { Problem, problemAnswer } from './requests/problem.ts';
import {
  assertAddress,
  assertHost,
  assertSameSite,
  setSecurityHeaders,
} from './requests/request-guard.ts';
import type { Bindings } from './requests/route-parts.ts';
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
  /** Steers jobs by the names of files, for tests of pages. @default false */
  readonly stub?: boolean | undefined;
}

export type { UploadLimits };

/**
 * The Documents server: pages, uploads, jobs, search and versions in one process with no service
 * beside it (D1).
 *
 * @throws DataFolderInUseError when another server holds the data folder.
 */
export class DocumentsServer {
  readonly #server: Server;
  readonly #manager: JobManager;
  readonly #corpus: Corpus;
  readonly #events: EventLog;
  readonly #uploads: UploadStore;
  readonly #parsing: ParserSettings;
  readonly #readAhead: ReadAhead;
  readonly #log: ReturnType<typeof openServerLog>;
  readonly #lock: DataLock;
  readonly #closing = new AbortController();
  readonly #options: DocumentsServerOptions;
  #busy:
    | { readonly session: string | null; readonly jobId: string | null; readonly since: number }
    | undefined;
  /** What changes at work have taken, by their ids. */
  readonly #taken = new Map<string, { session: string; files: readonly StagedFile[] }>();
  readonly #startKeys = new StartKeys();
  #cutShort: string | undefined;
  #closed: Promise<unknown> | undefined;

  constructor(options: DocumentsServerOptions) {
    const dataFolder = path.resolve(options.dataFolder);
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
    this.#options = options;
    this.#lock = new DataLock(dataFolder);
    this.#log = openServerLog(dataFolder, { debug: options.debug });
    const journal = new JobJournal(dataFolder);
    this.#uploads = new UploadStore(dataFolder, options.uploads);
    this.#parsing = {
      fileTimeoutMs: options.fileTimeoutMs ?? 30_000,
      processes: options.parsers,
      maxFileBytes: this.#uploads.limits.maxFileBytes,
      // Of each job as it starts.
      get passageLength() {
        return corpusSettings(dataFolder).passageLength;
      },
    };
    this.#events = new EventLog(dataFolder, options.eventLog);
    this.#corpus = new Corpus(dataFolder);
    this.#manager = new JobManager({
      executor: new WorkerExecutor({
        entry: new URL('./changes/documents.worker.ts', import.meta.url),
        // One change at a time, and what is read ahead for it lies in its thread.
        threads: 1,
        name: 'documents',
        ...(options.stub && { env: { ...process.env, OFFSTAGE_STUB: '1' } }),
      }),
      maxQueued: 100,
      maxActivePerOwner: 10,
    });
    this.#readAhead = new ReadAhead({
      // No session has this name: theirs are random digits.
      client: this.#manager.forOwner('read-ahead'),
      parsing: this.#parsing,
    });
    this.#uploads.watch(this.#readAhead);
    this.#followJobs(journal);
    for (const { owner, jobId } of journal.interrupted()) this.#events.interrupted(owner, jobId);

    const { report } = this.#log;
    const pagesFolder = options.pagesFolder ?? path.join(import.meta.dirname, '..', '..', 'dist');
    const routes = createRoutes({
      corpus: this.#corpus,
      uploads: this.#uploads,
      journal,
      events: this.#events,
      pages: {
        react: new StaticPages(path.join(pagesFolder, 'react')),
        svelte: new StaticPages(path.join(pagesFolder, 'svelte')),
      },
      busy: (session) => this.#busyView(session),
      exclusively: (work) => this.#exclusively(work),
      report,
      closing: this.#closing.signal,
    });
    const session = new AsyncLocalStorage<string>();
    const answerJobs = toNodeListener(
      createJobsHandler({
        definitions: [change],
        clientFor: () => this.#clientOf(session.getStore() ?? '', journal, dataFolder),
        onError: (error, { reference }) => void report(error, { reference }),
      }),
    );
    const answerRoutes = getRequestListener(
      (request, env) =>
        routes.fetch(request, { ...env, session: session.getStore() ?? '' } as Bindings),
      { overrideGlobalObjects: false },
    );
    const sessions = new Sessions({ secret: sessionSecret(dataFolder) });
    const allowedHosts = hostsOf(options);
    const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
      setSecurityHeaders(outgoing);
      this.#logRequest(incoming, outgoing);
      this.#limitBody(incoming, outgoing);
      try {
        assertAddress(incoming);
        assertHost(incoming, allowedHosts);
        assertSameSite(incoming);
      } catch (error) {
        refuse(incoming, outgoing, error, report);
        return;
      }
      const { id, setCookie } = sessions.read(
        incoming.headers.cookie,
        isSecure(incoming, options.trustProxy),
      );
      if (setCookie !== undefined) outgoing.setHeader('set-cookie', setCookie);
      const isJobs = /^\/jobs(?:[/?]|$)/.test(incoming.url ?? '');
      session.run(id, () => {
        if (isJobs) answerJobs(incoming, outgoing);
        else void answerRoutes(incoming, outgoing);
      });
    };
    const headersTimeout = options.requestMs ?? 30_000;
    const connectionsCheckingInterval = Math.min(5000, headersTimeout);
    this.#server = createServer({ headersTimeout, connectionsCheckingInterval }, onRequest);
    // Bodies have limits of their own: a slow upload is an upload, and a slow anything else is not.
    this.#server.requestTimeout = 0;
    // Ends connections on which nothing moves: answers that nobody reads. Streams say now and then that they live.
    this.#server.timeout = options.stallMs ?? 120_000;
  }

  /** Begins to listen, at the next free port where the wanted one is taken. */
  async start(): Promise<{ readonly url: string; readonly port: number }> {
    const { host = '127.0.0.1', port = 4173 } = this.#options;
    const bound = await listen(this.#server, host, port);
    const shownHost =
      host === '127.0.0.1' || host === '0.0.0.0' || host === '::' ? 'localhost' : host;
    const url = `http://${shownHost}:${bound}/`;
    this.#lock.announce(url);
    this.#log.log.info({ event: 'listening', port: bound });
    return { url, port: bound };
  }

  /** Ends streams, lets jobs end within the grace, and lets go of the data folder. */
  shutdown({ graceMs = 5000 }: { readonly graceMs?: number } = {}): Promise<unknown> {
    this.#closed ??= this.#close(graceMs);
    return this.#closed;
  }

  async #close(graceMs: number): Promise<unknown> {
    this.#closing.abort();
    const listening = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    this.#cutShort = await this.#changeAtWork();
    const report = await this.#manager.shutdown({ graceMs });
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

  #clientOf(session: string, journal: JobJournal, dataFolder: string) {
    return changeClient({
      client: this.#manager.forOwner(session),
      session,
      uploads: this.#uploads,
      startKeys: this.#startKeys,
      dataFolder,
      parsing: this.#parsing,
      maxChangeMs: this.#options.maxChangeMs ?? defaultMaxChangeMs,
      whyBusy: () =>
        this.#busyView(session)?.message ??
        'The documents are being changed. Wait until that has ended.',
      refuseWhile: () => this.#busy?.jobId === null,
      makeWay: () => this.#readAhead.pause(),
      onRefused: () => {
        if (this.#busy === undefined) this.#readAhead.resume();
      },
      onAdmitted: (jobId, what, files) => {
        const at = Date.now();
        this.#busy = { session, jobId, since: at };
        this.#taken.set(jobId, { session, files });
        // Another start that was refused meanwhile has let it go on.
        void this.#readAhead.pause();
        try {
          journal.began({ jobId, owner: session, at, what });
        } catch (error) {
          this.#log.report(error, { jobId });
        }
        // It may have ended before this was told.
        const client = this.#manager.forOwner(session);
        void client.get(jobId).then((job) => job?.endedAt && this.#onEnd(job, journal));
      },
    });
  }

  #followJobs(journal: JobJournal): void {
    const manager = this.#manager;
    this.#events.follow(manager, change.name);
    const onEnd = ({ job }: JobNews): void => {
      if (job.name === change.name) this.#onEnd(job, journal);
    };
    manager.on('succeeded', onEnd);
    manager.on('failed', onEnd);
    manager.on('canceled', onEnd);
    manager.on('error', ({ error, reference, jobId }) => {
      this.#log.report(error, { reference, ...(jobId !== undefined && { jobId }) });
    });
  }

  #onEnd({ id: jobId, status, failure }: JobView, journal: JobJournal): void {
    const taken = this.#taken.get(jobId);
    if (taken === undefined) return;
    this.#taken.delete(jobId);
    const { session, files } = taken;
    const isOver = status === 'succeeded' || (failure !== undefined && isForGood(failure.code));
    if (isOver) void this.#uploads.gone(session, files);
    else this.#uploads.giveBack(session, files);
    if (status === 'succeeded') this.#corpus.refresh();
    if (this.#busy?.jobId === jobId) this.#busy = undefined;
    this.#readAhead.resume();
    // Ended by the end of the server: the next one tells it, as after a kill.
    if (!isOver && this.#cutShort === jobId) return;
    try {
      journal.ended(jobId);
    } catch (error) {
      this.#log.report(error, { jobId });
    }
  }

  /** The change at work that nobody but the end of this server stops. */
  async #changeAtWork(): Promise<string | undefined> {
    const { session = null, jobId = null } = this.#busy ?? {};
    if (session === null || jobId === null) return undefined;
    const job = await this.#manager.forOwner(session).get(jobId);
    return job?.cancelRequested === false ? jobId : undefined;
  }

  #busyView(session: string): Busy | null {
    const busy = this.#busy;
    if (busy === undefined) return null;
    const mine = busy.session === session;
    const message =
      busy.jobId === null
        ? 'An older version is being made current. Wait until that has ended.'
        : mine
          ? 'Another change of yours is at work, maybe in another tab. Wait until it has ended, or cancel it.'
          : 'Somebody else is changing the documents. Wait until that has ended.';
    return { mine, jobId: mine ? busy.jobId : null, since: busy.since, message };
  }

  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    if (this.#busy !== undefined) {
      throw new Problem(
        409,
        'conflict',
        'The documents are being changed. Wait until that has ended.',
      );
    }
    this.#busy = { session: null, jobId: null, since: Date.now() };
    try {
      return await work();
    } finally {
      this.#busy = undefined;
    }
  }

  #limitBody(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { idleMs, minBytesPerSecond, maxRequestMs } = this.#uploads;
    const { requestMs = 30_000 } = this.#options;
    const isUpload = /^\/api\/uploads(?:[?]|$)/.test(incoming.url ?? '');
    const limits = isUpload
      ? { maxMs: maxRequestMs, windowMs: idleMs, minBytesPerSecond }
      : { maxMs: requestMs, windowMs: requestMs, minBytesPerSecond: 0 };
    limitBody(incoming, limits, () => {
      if (outgoing.headersSent) incoming.destroy();
      else {
        const error = new Problem(408, 'too_slow', 'The request came too slowly, and was ended.');
        refuse(incoming, outgoing, error, this.#log.report);
        outgoing.once('close', () => incoming.destroy());
      }
    });
  }

  /** Routes, not addresses: those hold what people search for. */
  #logRequest(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const startedAt = performance.now();
    outgoing.once('close', () => {
      this.#log.log.info({
        event: 'request',
        method: incoming.method,
        route: routeOf(incoming.url ?? ''),
        status: outgoing.writableFinished ? outgoing.statusCode : 499,
        ms: Math.round(performance.now() - startedAt),
      });
    });
  }
}

function refuse(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  error: unknown,
  report: (error: unknown) => string,
): void {
  const { status, body } = problemAnswer(error, report);
  outgoing.writeHead(status, {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...(!incoming.complete && { connection: 'close' }),
  });
  outgoing.end(JSON.stringify(body));
}

/** Also behind a proxy that ends TLS on this machine, or on one that is trusted. */
function isSecure(incoming: IncomingMessage, trustProxy = false): boolean {
  const { socket, headers } = incoming;
  if ('encrypted' in socket) return true;
  const isNear = /^(?:::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '');
  return (trustProxy || isNear) && headers['x-forwarded-proto'] === 'https';
}

function hostsOf({ host, allowedHosts = [] }: DocumentsServerOptions): ReadonlySet<string> | 'any' {
  if (allowedHosts === 'any') return 'any';
  const own = ['localhost', '127.0.0.1', '[::1]', ...(host === undefined ? [] : [host])];
  return new Set([...own, ...allowedHosts].map((name) => name.toLowerCase()));
}

const sections =
  /^\/(?:api\/(?:corpus|documents|interruptions|log|search|settings|uploads|versions)|jobs|react|svelte)(?=[/?]|$)/;
const routeOf = (url: string): string => sections.exec(url)?.[0] ?? (url === '/' ? '/' : 'other');
