import {
  type AnyJobDefinition,
  checkSchema,
  invalidInput,
  type JobClient,
  type JobPoll,
} from '@offstage/core';
import {
  decodePollManyRequest,
  decodeStartRequest,
  encodeActivity,
  type WirePoll,
} from '@offstage/core/wire';
import { type Answer, type AnswerOptions, jsonAnswer, streamAnswer, textAnswer } from './answer.ts';
import { AnswerStream } from './answer-stream.ts';
import { listAnswer } from './bounded-list.ts';
import { EventStream, type StreamSource } from './event-stream.ts';
import { readIdempotencyKey } from './idempotency-key.ts';
import { JobSource } from './job-source.ts';
import type { JobsHandlerSettings } from './jobs-handler-options.ts';
import type { JsonText } from './json-text.ts';
import { OwnerSource } from './owner-source.ts';
import type { ReportError } from './problems.ts';
import { isJobId, parseCount, readFilter, readPage, requireJobId } from './query.ts';
import { readJson } from './read-json.ts';
import { noSuchJob, Refusal } from './refusal.ts';
import type { RouteName } from './routes.ts';
import type { StreamHub } from './stream-hub.ts';
import { joined, lengthOf, longLength, type Text } from './text.ts';

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
  readonly json: JsonText;
  readonly report: ReportError;
  readonly document: unknown;
  readonly hub: StreamHub;
}

export type RouteAction = (call: Call, context: HandlerContext) => Promise<Answer>;

export const actions: Readonly<Record<RouteName, RouteAction>> = {
  async start({ request, client, key }, { settings, json, report }) {
    const definition = definitionOf(settings, key);
    const { input, exclusivityKey, onConflict } = decodeStartRequest(
      await readJson(request, settings),
    );
    // Before the application's own client sees it, which may take for granted what the schema says.
    const checked = await checkSchema(definition.input, input);
    if (!checked.valid) throw invalidInput(definition, checked);
    const idempotencyKey = readIdempotencyKey(request.headers);
    const job = await client.start(definition, input, {
      exclusivityKey,
      onConflict,
      idempotencyKey,
    });
    return viewAnswer(json.view(job), report, {
      status: 201,
      headers: { location: `${settings.basePath}/${encodeURIComponent(job.id)}` },
    });
  },

  async list({ client, query }, { settings, json, report }) {
    const items = await client.list(readFilter(query));
    const { maxAnswerBytes: maxBytes } = settings;
    return listAnswer({ field: 'jobs', items, textOf: json.view, maxBytes, onFailure: report });
  },

  async activity({ client }) {
    return jsonAnswer(encodeActivity(await client.activity()));
  },

  async poll({ client, query, key }, { json, report }) {
    const poll = await client.poll(requireJobId(key), readPage(query));
    if (poll.job === undefined) throw noSuchJob();
    return viewAnswer(json.poll(poll), report);
  },

  async pollMany({ request, client }, { settings, json, report }) {
    const asked = decodePollManyRequest(await readJson(request, settings));
    // Each once, however often it is named.
    const once = new Map<string, WirePoll>();
    const names = asked.map((poll) => {
      const name = JSON.stringify([poll.id, poll.after, poll.limit]);
      if (isJobId(poll.id)) once.set(name, poll);
      return name;
    });
    const polls = await client.pollMany([...once.values()]);
    const found = new Map([...once.keys()].map((name, index) => [name, polls[index]]));
    // What is no id is answered like an id that nobody knows.
    const items = asked.map((poll, index) => found.get(names[index] ?? '') ?? none(poll));
    const { maxAnswerBytes: maxBytes } = settings;
    const textOf = json.polls(items);
    return listAnswer({ field: 'polls', items, textOf, maxBytes, onFailure: report });
  },

  async cancel({ client, key }) {
    return jsonAnswer({ canceled: await client.cancel(requireJobId(key)) });
  },

  async retry({ client, key }, { settings, json, report }) {
    const job = await client.retry(requireJobId(key));
    return viewAnswer(json.view(job), report, {
      status: 201,
      headers: { location: `${settings.basePath}/${encodeURIComponent(job.id)}` },
    });
  },

  async consume({ client, key }) {
    return jsonAnswer({ consumed: await client.consume(requireJobId(key)) });
  },

  async jobEvents(call, context) {
    const { request, client, query, key } = call;
    const id = requireJobId(key);
    const { after = 0, limit = 100 } = readPage(query);
    // An EventSource that comes back sends it along with the address it began with.
    const lastId = request.headers.get('last-event-id') ?? '';
    const cursor = lastId === '' ? after : parseCount(lastId, 'Last-Event-ID');
    if ((await client.get(id)) === undefined) throw noSuchJob();
    const { settings, json } = context;
    return stream(call, context, () => {
      return new JobSource({ client, id, limit, json, settings }, cursor);
    });
  },

  async ownerEvents(call, context) {
    const { settings, json } = context;
    return stream(call, context, () => new OwnerSource(call.client, settings, json));
  },

  async openapi(_call, { document }) {
    return jsonAnswer(document, { type: 'application/openapi+json' });
  },
};

function viewAnswer(text: Text, report: ReportError, options?: AnswerOptions): Answer {
  if (lengthOf(text) < longLength) return textAnswer(joined(text), options);
  return { ...textAnswer('', options), body: new AnswerStream([text], report) };
}

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
  { request, client }: Call,
  { hub }: HandlerContext,
  createSource: () => StreamSource,
): Answer {
  if (request.method === 'HEAD') return streamAnswer(null);
  // A client that does not say whose it is counts by itself.
  const owner = client.owner ?? client;
  if (hub.isFullFor(owner)) {
    throw new Refusal(429, 'unavailable', 'You have too many streams open. Poll instead.', {
      'retry-after': '5',
    });
  }
  if (!hub.isFull) return streamAnswer(new EventStream(createSource(), hub, owner));
  throw new Refusal(503, 'unavailable', 'Too many streams are open. Poll instead.', {
    'retry-after': '5',
  });
}
