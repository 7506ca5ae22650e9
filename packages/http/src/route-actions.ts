import {
  type AnyJobDefinition,
  decodePollManyRequest,
  decodeStartRequest,
  encodeActivity,
  type JobClient,
  type JobPoll,
  type WirePoll,
} from '@offstage/core';
import type { SafeEncoder } from './encode-safely.ts';
import { eventStream, type StreamSource } from './event-stream.ts';
import { jobSource } from './job-stream.ts';
import type { JobsHandlerSettings } from './jobs-handler-options.ts';
import { ownerSource } from './owner-stream.ts';
import { problemText, type ReportError } from './problems.ts';
import { isJobId, parseCount, readFilter, readPage, requireJobId } from './query.ts';
import { readJson } from './read-json.ts';
import { noSuchJob, Refusal } from './refusal.ts';
import { jsonResponse, streamResponse } from './responses.ts';
import type { RouteName } from './routes.ts';

/** One request that has found its route and its owner. */
export interface Call {
  readonly request: Request;
  readonly client: JobClient;
  readonly query: URLSearchParams;
  /** What stands for `*` in the route. */
  readonly key: string;
}

/** What the calls of one handler share. */
export interface HandlerContext {
  readonly settings: JobsHandlerSettings;
  readonly encoder: SafeEncoder;
  readonly report: ReportError;
  readonly document: unknown;
  openStreams: number;
}

export type RouteAction = (call: Call, context: HandlerContext) => Promise<Response>;

export const actions: Readonly<Record<RouteName, RouteAction>> = {
  async start({ request, client, key }, { settings, encoder }) {
    const definition = definitionOf(settings, key);
    const { input, exclusivityKey } = decodeStartRequest(await readJson(request, settings));
    const job = await client.start(definition, input, { exclusivityKey });
    return jsonResponse(encoder.view(job), {
      status: 201,
      headers: { location: `${settings.basePath}/${encodeURIComponent(job.id)}` },
    });
  },

  async list({ client, query }, { encoder }) {
    const jobs = await client.list(readFilter(query));
    return jsonResponse({ jobs: jobs.map((job) => encoder.view(job)) });
  },

  async activity({ client }) {
    return jsonResponse(encodeActivity(await client.activity()));
  },

  async poll({ client, query, key }, { encoder }) {
    const poll = await client.poll(requireJobId(key), readPage(query));
    if (poll.job === undefined) throw noSuchJob();
    return jsonResponse(encoder.poll(poll));
  },

  async pollMany({ request, client }, { settings, encoder }) {
    const asked = decodePollManyRequest(await readJson(request, settings));
    const polls = await client.pollMany(asked.filter(({ id }) => isJobId(id)));
    // What is no id is answered like an id that nobody knows.
    let next = 0;
    const answers = asked.map(
      (poll) => (isJobId(poll.id) ? polls[next++] : undefined) ?? none(poll),
    );
    return jsonResponse({ polls: answers.map((poll) => encoder.poll(poll)) });
  },

  async cancel({ client, key }) {
    return jsonResponse({ canceled: await client.cancel(requireJobId(key)) });
  },

  async consume({ client, key }) {
    return jsonResponse({ consumed: await client.consume(requireJobId(key)) });
  },

  async jobEvents(call, context) {
    const { request, client, query, key } = call;
    const id = requireJobId(key);
    const { after = 0, limit = 100 } = readPage(query);
    // An EventSource that comes back sends it along with the address it began with.
    const lastId = request.headers.get('last-event-id') ?? '';
    const cursor = lastId === '' ? after : parseCount(lastId, 'Last-Event-ID');
    if ((await client.get(id)) === undefined) throw noSuchJob();
    const { settings, encoder } = context;
    return stream(call, context, () =>
      jobSource({ client, id, after: cursor, limit, encoder, watch: settings }),
    );
  },

  async ownerEvents(call, context) {
    return stream(call, context, () => ownerSource(call.client, context.settings));
  },

  async openapi(_call, { document }) {
    return jsonResponse(document, { type: 'application/openapi+json' });
  },
};

function definitionOf({ definitions }: JobsHandlerSettings, name: string): AnyJobDefinition {
  const definition = definitions.get(name);
  if (definition !== undefined) return definition;
  throw new Refusal(404, 'unknown_definition', 'No job of this name can be started here.');
}

const none = ({ after = 0 }: WirePoll): JobPoll => ({
  job: undefined,
  events: [],
  cursor: after,
  missed: 0,
});

function stream(
  { request }: Call,
  context: HandlerContext,
  createSource: () => StreamSource,
): Response {
  if (request.method === 'HEAD') return streamResponse(null);
  const { settings, report } = context;
  if (context.openStreams >= settings.maxStreams) {
    const headers = { 'retry-after': '5' };
    throw new Refusal(503, 'unavailable', 'Too many streams are open. Poll instead.', headers);
  }
  context.openStreams += 1;
  return streamResponse(
    eventStream(createSource(), {
      ...settings,
      signal: request.signal,
      failed: (error) => `event: problem\ndata: ${problemText(error, report)}\n\n`,
      released: () => {
        context.openStreams -= 1;
      },
    }),
  );
}
