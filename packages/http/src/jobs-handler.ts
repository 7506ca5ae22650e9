import type { JobClient } from '@offstage/core';
import { assertSameSite } from './cross-site.ts';
import { SafeEncoder } from './encode-safely.ts';
import {
  type JobsHandlerOptions,
  type JobsHandlerSettings,
  settingsOf,
} from './jobs-handler-options.ts';
import { openApiDocument } from './openapi.ts';
import { problemResponse, type ReportError } from './problems.ts';
import { Refusal } from './refusal.ts';
import { emptyResponse, withoutBody } from './responses.ts';
import { actions, type HandlerContext } from './route-actions.ts';
import { locate } from './routes.ts';

/** Answers every request, with a problem where it must; never rejects. */
export type JobsHandler = (request: Request) => Promise<Response>;

/**
 * The server's half of jobs over HTTP, on fetch standards alone (H1, H2).
 *
 * @throws OffstageError `invalid_option`
 * @example
 * const handleJobs = createJobsHandler({
 *   definitions: [ingest],
 *   clientFor: (request) => manager.forOwner(sessionOf(request)),
 * });
 */
export function createJobsHandler(options: JobsHandlerOptions): JobsHandler {
  const settings = settingsOf(options);
  const report = reporter(settings);
  const context: HandlerContext = {
    settings,
    report,
    encoder: new SafeEncoder(report),
    document: openApiDocument(options),
    openStreams: 0,
  };
  return async (request) => {
    const response = await answer(request, context).catch((error: unknown) =>
      problemResponse(error, report),
    );
    return request.method === 'HEAD' ? withoutBody(response) : response;
  };
}

async function answer(request: Request, context: HandlerContext): Promise<Response> {
  const { settings } = context;
  const { method } = request;
  const { pathname, searchParams } = new URL(request.url);
  const { byMethod, allow, key } = locate(pathname, settings.basePath);
  if (method === 'OPTIONS') return emptyResponse(204, { allow });
  const route = byMethod.get(method === 'HEAD' ? 'GET' : method);
  if (route === undefined) {
    throw new Refusal(405, 'invalid_input', `This address takes ${allow}.`, { allow });
  }
  if (route.method !== 'GET') assertSameSite(request, settings.allowedOrigins);
  const client = await settings.clientFor(request);
  if (isResponse(client)) return client;
  assertClient(client);
  return actions[route.name]({ request, client, query: searchParams, key }, context);
}

// Not `instanceof`: frameworks bring a Response of their own.
const isResponse = (value: JobClient | Response): value is Response =>
  typeof value === 'object' && value !== null && 'status' in value && 'headers' in value;

function assertClient(value: JobClient): void {
  if (typeof value === 'object' && value !== null && 'pollMany' in value) return;
  throw new TypeError('clientFor gave neither a job client nor a response.');
}

function reporter({ onError }: JobsHandlerSettings): ReportError {
  return (error) => {
    const reference = crypto.randomUUID().slice(0, 13);
    // Who listens to errors and fails at that has nobody to tell.
    void (async () => onError(error, { reference }))().catch(() => {});
    return reference;
  };
}
