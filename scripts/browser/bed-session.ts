import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { handle, isTerminal, type JobContext, type JobView, type ReturnOf } from '@offstage/core';
import { createJobsHandler } from '@offstage/http';
import { toNodeListener } from '@offstage/http/node';
import type { MakeEngine } from './bed-engine.ts';
import { played } from './bed-jobs.ts';

/** One request that a bed has received. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** How many jobs a batched poll asked for. */
  readonly jobs?: number;
}

export interface BedState {
  readonly requests: readonly SeenRequest[];
  /** Requests that have not been answered whole, streams among them. */
  readonly open: number;
  readonly streams: number;
  /** Requests that are held back. */
  readonly held: number;
  /** The most polls that were ever open at once. */
  readonly mostPolls: number;
}

/** What a test tells a bed. */
export type BedAct =
  | { readonly do: 'start'; readonly count: number }
  | {
      readonly do: 'report';
      readonly id: string;
      readonly percent: number;
      readonly message?: string;
      /** This many events, numbered in the message. @default 1 */
      readonly times?: number;
    }
  | { readonly do: 'end'; readonly id: string; readonly version: string }
  | { readonly do: 'fail'; readonly id: string }
  /** The process dies: every connection breaks, further ones are refused, all jobs are gone. */
  | { readonly do: 'kill' }
  /** A new process listens at the same place. */
  | { readonly do: 'boot' }
  /** Breaks every connection; new ones are welcome. */
  | { readonly do: 'cut' }
  /** Requests wait, until they are let go. */
  | { readonly do: 'hold' }
  | { readonly do: 'release' }
  /** Every request is answered so, instead of by the handler; without a status, by the handler again. */
  | {
      readonly do: 'answer';
      readonly status?: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    };

interface Play {
  readonly report: JobContext<typeof played>['report'];
  readonly end: (result: ReturnOf<typeof played>) => void;
  readonly fail: (error: Error) => void;
}

/** A real server of jobs on a loopback port of its own, in the hands of a test. */
export class BedSession {
  readonly #server: Server;
  readonly #requests: SeenRequest[] = [];
  readonly #open = new Set<SeenRequest>();
  readonly #makeEngine: MakeEngine;
  #process: ReturnType<typeof boot>;
  #held: (() => void)[] | undefined;
  #answer: Extract<BedAct, { do: 'answer' }> = { do: 'answer' };
  #mostPolls = 0;
  #port = 0;

  private constructor(makeEngine: MakeEngine) {
    this.#makeEngine = makeEngine;
    this.#process = boot(makeEngine);
    this.#server = createServer((incoming, outgoing) => this.#receive(incoming, outgoing));
    this.#server.keepAliveTimeout = 60_000;
  }

  static async open(makeEngine: MakeEngine): Promise<BedSession> {
    const bed = new BedSession(makeEngine);
    await bed.#listen();
    return bed;
  }

  get port(): number {
    return this.#port;
  }

  get state(): BedState {
    const open = [...this.#open];
    return {
      requests: this.#requests,
      open: open.length,
      streams: open.filter(isStream).length,
      held: this.#held?.length ?? 0,
      mostPolls: this.#mostPolls,
    };
  }

  async act(act: BedAct): Promise<unknown> {
    switch (act.do) {
      case 'start':
        return this.#start(act.count);
      case 'report':
        return this.#report(act);
      case 'end':
        (await this.#play(act.id)).end({ version: act.version });
        return this.#shown(act.id);
      case 'fail':
        (await this.#play(act.id)).fail(new Error('A test made it fail.'));
        return this.#shown(act.id);
      case 'kill':
        return this.#kill();
      case 'boot':
        this.#process = boot(this.#makeEngine);
        return this.#listen();
      case 'cut':
        return this.#server.closeAllConnections();
      case 'hold':
        this.#held ??= [];
        return undefined;
      case 'release':
        for (const letGo of this.#held ?? []) letGo();
        this.#held = undefined;
        return undefined;
      case 'answer':
        this.#answer = act;
        return undefined;
    }
  }

  async #start(count: number): Promise<string[]> {
    const jobs = this.#process.engine.forOwner('alice');
    const starts = Array.from({ length: count }, (_, index) =>
      jobs.start(played, { title: `Job ${index}` }),
    );
    const ids = (await Promise.all(starts)).map(({ id }) => id);
    for (const id of ids) await this.#play(id);
    return ids;
  }

  async #report({ id, percent, message = '', times }: Extract<BedAct, { do: 'report' }>) {
    const { report } = await this.#play(id);
    const before = (await this.#process.engine.forOwner('alice').get(id))?.progress?.seq ?? 0;
    for (let turn = 0; turn < (times ?? 1); turn++) {
      report({ phase: 'index', percent, message: times === undefined ? message : String(turn) });
    }
    await this.#shown(id, ({ progress }) => (progress?.seq ?? 0) > before);
  }

  /** What a handler has done at a distance is there for clients a while after. Its end always will do. */
  async #shown(id: string, holds: (job: JobView) => boolean = () => false): Promise<void> {
    const client = this.#process.engine.forOwner('alice');
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        client.get(id).then((job) => {
          if (job !== undefined && !isTerminal(job.status) && !holds(job)) return;
          stop?.();
          resolve();
        }, reject);
      };
      const stop = client.watch?.(id, look);
      look();
    });
  }

  /** Handlers at a distance begin a while after their start. */
  async #play(id: string): Promise<Play> {
    const { plays, arrivals } = this.#process;
    if (!plays.has(id)) await once(arrivals, id, { signal: AbortSignal.timeout(10_000) });
    const play = plays.get(id);
    if (play === undefined) throw new Error(`No handler runs for job ${id}.`);
    return play;
  }

  async #listen(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async #kill(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await Promise.all([closed, this.#process.engine.end()]);
  }

  async #receive(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = '', url: path = '' } = incoming;
    const seen: SeenRequest = path.endsWith('/poll')
      ? { method, path, jobs: await countJobs(incoming) }
      : { method, path };
    this.#requests.push(seen);
    this.#open.add(seen);
    outgoing.on('close', () => this.#open.delete(seen));
    this.#mostPolls = Math.max(this.#mostPolls, [...this.#open].filter(isPoll).length);
    const held = this.#held;
    if (held !== undefined) await new Promise<void>((letGo) => held.push(letGo));
    const { status, headers, body } = this.#answer;
    if (status === undefined) this.#process.listener(incoming, outgoing);
    else outgoing.writeHead(status, headers).end(body);
  }
}

/** What is lost when a server's process dies. */
function boot(makeEngine: MakeEngine) {
  const plays = new Map<string, Play>();
  // By the job's id.
  const arrivals = new EventEmitter().setMaxListeners(0);
  const perform = handle(
    played,
    ({ jobId, report, signal }) =>
      new Promise((end, fail) => {
        plays.set(jobId, { report, end, fail });
        arrivals.emit(jobId);
        signal.addEventListener('abort', () => fail(signal.reason), { once: true });
      }),
  );
  const engine = makeEngine(perform);
  const handler = createJobsHandler({
    definitions: [played],
    clientFor: () => engine.forOwner('alice'),
    minEventGapMs: 0,
  });
  return { engine, plays, arrivals, listener: toNodeListener(handler) };
}

const isStream = ({ path }: SeenRequest): boolean => /\/events(\?|$)/.test(path);
const isPoll = ({ path }: SeenRequest): boolean => path.endsWith('/poll');

/** Reads a poll's body, and leaves it where the listener looks for a body that was read. */
async function countJobs(incoming: IncomingMessage): Promise<number> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  Object.assign(incoming, { body });
  return JSON.parse(body.toString()).polls.length;
}
