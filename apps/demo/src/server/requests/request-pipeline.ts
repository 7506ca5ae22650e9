import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { JobClient } from '@offstage/core';
import { createJobsHandler } from '@offstage/http';
import { toNodeListener } from '@offstage/http/node';
import type { Hono } from 'hono';
import { change } from '../../change/change-job.ts';
import type { ServerLog } from '../logs/logger.ts';
import { type BodyLimits, isUnread, limitBody } from './body-limits.ts';
import { Problem, problemAnswer } from './problem.ts';
import { assertAddress, assertHost, assertSameSite, setSecurityHeaders } from './request-guard.ts';
import type { Bindings } from './route-parts.ts';
import type { Sessions } from './sessions.ts';

export interface RequestPipelineParts {
  /** Everything but jobs. */
  readonly routes: Hono<{ Bindings: Bindings }>;
  readonly jobsOf: (session: string) => JobClient;
  readonly sessions: Sessions;
  readonly allowedHosts: ReadonlySet<string> | 'any';
  /** Behind a proxy on another machine that says by which scheme a browser came. */
  readonly trustProxy: boolean;
  readonly uploadLimits: BodyLimits;
  /** Of every other body. */
  readonly bodyLimits: BodyLimits;
  /** @throws Problem 503 where the data folder is not there any more. */
  readonly assertData: () => void;
  /** @throws Problem 503 where jobs cannot be kept until the server is started again. */
  readonly assertJobs: () => void;
  readonly log: ServerLog;
}

/**
 * What every request goes through, in this order: the headers of its answer, a line in the log, the limits
 * of its body, its address and its site, its session; then jobs or routes. Nothing that is refused on the
 * way gets a cookie.
 */
export function requestPipeline(parts: RequestPipelineParts) {
  const { routes, sessions, allowedHosts, trustProxy, log } = parts;
  const session = new AsyncLocalStorage<string>();
  const answerJobs = toNodeListener(
    createJobsHandler({
      definitions: [change],
      clientFor: () => parts.jobsOf(session.getStore() ?? ''),
      onError: (error, { reference }) => void log.report(error, { reference }),
    }),
  );
  const answerRoutes = getRequestListener(
    (request, env) =>
      routes.fetch(request, { ...env, session: session.getStore() ?? '' } as Bindings),
    { overrideGlobalObjects: false },
  );

  return (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { url = '', headers } = incoming;
    setSecurityHeaders(outgoing);
    logRequest(incoming, outgoing, log);
    const isUpload = /^\/api\/uploads(?:[?]|$)/.test(url);
    limitBody(incoming, isUpload ? parts.uploadLimits : parts.bodyLimits, () => {
      if (outgoing.headersSent) incoming.destroy();
      else {
        const error = new Problem(408, 'too_slow', 'The request came too slowly, and was ended.');
        refuse(incoming, outgoing, error, log);
        outgoing.once('close', () => incoming.destroy());
      }
    });
    try {
      assertAddress(incoming);
      assertHost(incoming, allowedHosts);
      assertSameSite(incoming);
      if (needsData(incoming)) parts.assertData();
      if (needsJobs(incoming)) parts.assertJobs();
    } catch (error) {
      refuse(incoming, outgoing, error, log);
      return;
    }
    const { id, setCookie } = sessions.read(headers.cookie, isSecure(incoming, trustProxy));
    if (setCookie !== undefined) outgoing.setHeader('set-cookie', setCookie);
    const isJobs = /^\/jobs(?:[/?]|$)/.test(url);
    const answer = (): void => {
      session.run(id, () => {
        if (isJobs) answerJobs(incoming, outgoing);
        else void answerRoutes(incoming, outgoing);
      });
    };
    // Of requests that come one behind the other, one is answered at a time: the others would wait as answers.
    if (outgoing.socket === null) outgoing.once('socket', answer);
    else answer();
  };
}

/** What reads or writes the data folder; not pages, the log, and jobs that are known. */
const needsData = ({ url = '', method }: IncomingMessage): boolean =>
  /^\/api\/(?!log(?:[?]|$))/.test(url) ||
  (method === 'POST' && /^\/jobs\/(?!poll(?:[?]|$))[^/]*(?:\/retry)?(?:[?]|$)/.test(url));

/** What begins, ends or removes a job, or gathers what one is to work with. */
const needsJobs = ({ url = '', method }: IncomingMessage): boolean =>
  method !== 'GET' &&
  method !== 'HEAD' &&
  /^\/(?:api\/uploads(?=[?]|$)|jobs\/(?!poll(?:[?]|$)))/.test(url);

function refuse(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  error: unknown,
  { report }: ServerLog,
): void {
  const { status, body } = problemAnswer(error, report);
  outgoing.writeHead(status, {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...(isUnread(incoming) && { connection: 'close' }),
  });
  outgoing.end(JSON.stringify(body));
}

/** Also behind a proxy that ends TLS on this machine, or on one that is trusted. */
function isSecure({ socket, headers }: IncomingMessage, trustProxy: boolean): boolean {
  if ('encrypted' in socket) return true;
  const isNear = /^(?:::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '');
  // Of several proxies, the first was the browser's.
  const [scheme = ''] = (headers['x-forwarded-proto']?.toString() ?? '').split(',', 1);
  return (trustProxy || isNear) && scheme.trim().toLowerCase() === 'https';
}

/** Routes, not addresses: those hold what people search for. */
function logRequest(incoming: IncomingMessage, outgoing: ServerResponse, { log }: ServerLog): void {
  const startedAt = performance.now();
  outgoing.once('close', () => {
    log.info({
      event: 'request',
      method: incoming.method,
      route: routeOf(incoming.url ?? ''),
      status: outgoing.writableFinished ? outgoing.statusCode : 499,
      ms: Math.round(performance.now() - startedAt),
    });
  });
}

const sections =
  /^\/(?:api\/(?:corpus|documents|export|interruptions|log|search|settings|uploads|versions)|jobs|react|svelte)(?=[/?]|$)/;
const routeOf = (url: string): string => sections.exec(url)?.[0] ?? (url === '/' ? '/' : 'other');
