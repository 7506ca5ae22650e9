import {
  type Answer,
  type AnswerRequest,
  answerRequest,
  emptyAnswer,
  isResponse,
  withoutBody,
} from './answer.ts';
import { assertSameSite } from './cross-site.ts';
import {
  type JobsHandlerOptions,
  type JobsHandlerSettings,
  settingsOf,
} from './jobs-handler-options.ts';
import { JsonText } from './json-text.ts';
import { openApiDocument } from './openapi.ts';
import { problemAnswer, type ReportError } from './problems.ts';
import { Refusal } from './refusal.ts';
import { actions, type HandlerContext } from './route-actions.ts';
import { locate } from './routes.ts';
import { StreamHub } from './stream-hub.ts';
import { toResponse } from './to-response.ts';

/** Answers every request, with a problem where it must; never rejects. */
export type JobsHandler = (request: Request) => Promise<Response>;

/**
 * The server's half of jobs over HTTP, on fetch standards alone.
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
    json: new JsonText(report),
    report,
    document: openApiDocument(options),
    hub: new StreamHub(settings, report),
  };
  const answer: AnswerRequest = async (request) => {
    const given = await route(request, context).catch((error: unknown) =>
      problemAnswer(error, report),
    );
    return request.method === 'HEAD' ? withoutBody(given) : given;
  };
  const handle: JobsHandler = async (request) => toResponse(await answer(request), request.signal);
  return Object.assign(handle, { [answerRequest]: answer });
}

async function route(request: Request, context: HandlerContext): Promise<Answer | Response> {
  const { settings } = context;
  const { method } = request;
  const { pathname, searchParams } = new URL(request.url);
  const { byMethod, allow, key } = locate(pathname, settings.basePath);
  if (method === 'OPTIONS') return emptyAnswer(204, { allow });
  const found = byMethod.get(method === 'HEAD' ? 'GET' : method);
  if (found === undefined) {
    throw new Refusal(405, 'invalid_input', `This address takes ${allow}.`, { allow });
  }
  if (found.method !== 'GET') assertSameSite(request, settings.allowedOrigins);
  const client = await settings.clientFor(request);
  if (typeof client !== 'object' || client === null) {
    throw new TypeError('clientFor gave neither a job client nor a response.');
  }
  if (isResponse(client)) return client;
  // Before it is read: what changes meanwhile is another version.
  const { version = '' } = client;
  const answer = await actions[found.name]({ request, client, query: searchParams, key }, context);
  if (version === '' || answer.headers['content-type'] !== 'application/json') return answer;
  return { ...answer, headers: { ...answer.headers, 'offstage-version': version } };
}

function reporter({ onError }: JobsHandlerSettings): ReportError {
  return (error) => {
    const reference = crypto.randomUUID().slice(0, 13);
    // Who listens to errors and fails at that has nobody to tell.
    void (async () => onError(error, { reference }))().catch(() => {});
    return reference;
  };
}
