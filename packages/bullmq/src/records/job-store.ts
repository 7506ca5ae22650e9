import { OffstageError } from '@offstage/core';
import {
  type JobAction,
  type JobEvent,
  type JobState,
  randomId,
  transition,
} from '@offstage/core/engine';
import { commitScript } from '../redis/commit-script.ts';
import { limitedCommitScript } from '../redis/limit-scripts.ts';
import type { RedisLink } from '../redis/redis-link.ts';
import { listOfReply, type Reply, textOfReply } from '../redis/reply.ts';
import type { ScriptArguments } from '../redis/script.ts';
import { lookScript } from '../redis/scripts.ts';
import { isJobId } from '../shared/names.ts';
import { encodeValue } from '../shared/value-codec.ts';
import { type JobRecord, readRecord, storedState } from './job-record.ts';
import { kindOfNews, type NewsKind } from './news-kinds.ts';

export interface LookRequest {
  readonly id: string;
  /** Brings events after this number; without, none. */
  readonly after?: number | undefined;
}

export interface Looked {
  readonly record: JobRecord;
  readonly events: readonly Reply[];
}

/** Progress that goes into Redis together with a change. */
export interface ProgressBatch {
  readonly seq: number;
  /** Of the job in all; 0 where that is known. */
  readonly dropped: number;
  /** As JSON, oldest first; each begins with its `seq`. */
  readonly events: readonly string[];
}

export interface CommitOptions {
  /** The attempt that asks; without, anybody. */
  readonly fence?: string | undefined;
  /** The attempt that may change the job from now on. */
  readonly newFence?: string | undefined;
  readonly progress?: ProgressBatch | undefined;
  /** The record as it was known last, which saves a look where nothing has changed since. */
  readonly known?: JobRecord | undefined;
  /** The result of a job that succeeds by it, encoded; without, it is encoded here. */
  readonly result?: Buffer | undefined;
}

/** What is to become of a job, as `transition` has it; `undefined` where nothing changes. */
export type Change = (
  record: JobRecord,
) => { readonly state: JobState; readonly actions: readonly JobAction[] } | undefined;

/** A change that was decided upon, and waits for its commit. */
export interface Proposal {
  readonly record: JobRecord;
  readonly changed: NonNullable<ReturnType<Change>>;
  /** The revision that it makes. */
  readonly token: string;
  readonly options: CommitOptions;
  /** What a commit takes. */
  readonly args: ScriptArguments;
}

/** What an event did to a job. */
export type Committed =
  /** Carried out; `nextHolder` of the job's key has to be given to BullMQ. */
  | {
      readonly type: 'done';
      readonly record: JobRecord;
      readonly actions: readonly JobAction[];
      readonly nextHolder: string;
      /** Who may begin now, as far as limits are concerned; the same has to be done. */
      readonly woken: readonly string[];
    }
  /** It may not begin yet: it comes back after so long, or is parked until it is woken. */
  | {
      readonly type: 'limited';
      readonly record: JobRecord;
      readonly waitMs: number | undefined;
      readonly nextHolder: '';
      readonly woken: readonly string[];
    }
  /** It changes nothing of what the job is. */
  | { readonly type: 'unchanged'; readonly record: JobRecord }
  /** Another attempt has taken the job's place. */
  | { readonly type: 'fenced' }
  | { readonly type: 'gone' };

// A look holds Redis up for as long as it takes.
const readAtOnce = 200;

const noProgress: ProgressBatch = { seq: 0, dropped: 0, events: [] };

/**
 * The jobs of a queue, in Redis. `transition` of core decides what an event makes of a job, here as in
 * one process; a commit takes it only from the very state that was decided upon, and in one step with
 * all that follows: who holds its key, who may be admitted, what is told.
 */
export class JobStore {
  readonly link: RedisLink;
  #discards: ReadonlyMap<string, boolean> = new Map();

  constructor(link: RedisLink) {
    this.link = link;
  }

  /** One job, whoever owns it; does not count as a look of its owner. */
  async find(id: string, depth: 'view' | 'handler' = 'view'): Promise<JobRecord | undefined> {
    if (!isJobId(id)) return undefined;
    const [reply] = listOfReply(await this.link.run(lookScript, ['*', '0', depth, id, '-']));
    if (reply === null || reply === undefined) return undefined;
    return this.#record(id, listOfReply(reply)[0]);
  }

  /** In the order asked; `undefined` for what is gone or another owner's; of '*' anybody's. */
  async look(
    owner: string,
    requests: readonly LookRequest[],
    counts: boolean,
  ): Promise<readonly (Looked | undefined)[]> {
    const asked = requests.filter(({ id }) => isJobId(id));
    if (asked.length === 0) return requests.map(() => undefined);
    const args = asked.flatMap(({ id, after }) => [id, after ?? '-']);
    const replies = listOfReply(
      await this.link.run(lookScript, [owner, counts ? '1' : '0', 'view', ...args]),
    );
    const looked = asked.map(({ id }, index) => this.#read(id, replies[index]));
    if (looked.length === requests.length) return looked;
    let next = 0;
    return requests.map(({ id }) => (isJobId(id) ? looked[next++] : undefined));
  }

  /** Those of these jobs that are there and not at rest. */
  async notAtRest(ids: readonly string[]): Promise<readonly string[]> {
    const found: string[] = [];
    for (let first = 0; first < ids.length; first += readAtOnce) {
      const some = ids.slice(first, first + readAtOnce).map((id) => ({ id }));
      for (const looked of await this.look('*', some, false)) {
        if (looked?.record.state.atRest === false) found.push(looked.record.id);
      }
    }
    return found;
  }

  /** Asks which handlers discard, so that a job which is canceled without one is at rest at once. */
  async learnHandlers(): Promise<void> {
    const reply = listOfReply(await this.link.call('HGETALL', `${this.link.base}handlers`));
    const names = new Map<string, boolean>();
    for (let index = 0; index + 1 < reply.length; index += 2) {
      names.set(textOfReply(reply[index]), textOfReply(reply[index + 1]) === '1');
    }
    this.#discards = names;
  }

  /** What a worker knows of its own handlers. */
  knowHandlers(discards: ReadonlyMap<string, boolean>): void {
    this.#discards = discards;
  }

  /** Lets what happened change the job. `decide` is asked again when another change came first. */
  async dispatch(
    id: string,
    decide: (record: JobRecord) => JobEvent | undefined,
    options: CommitOptions = {},
  ): Promise<Committed> {
    return this.change(
      id,
      (record) => {
        const event = decide(record);
        if (event === undefined) return undefined;
        const { state, actions } = transition(record.state, event);
        return actions.length === 0 ? undefined : { state, actions };
      },
      options,
    );
  }

  async change(id: string, next: Change, options: CommitOptions = {}): Promise<Committed> {
    const { fence = '', known } = options;
    const token = randomId();
    // Whoever knew what a handler gets goes on with that, also where another change came first.
    const depth = known?.input === undefined ? 'view' : 'handler';
    let record = known ?? (await this.find(id));
    for (;;) {
      if (record === undefined) return { type: 'gone' };
      if (fence !== '' && record.fence !== fence) return { type: 'fenced' };
      const proposal = this.propose(record, next, options, token);
      if (proposal === undefined) return { type: 'unchanged', record };
      const committed = this.committed(
        proposal,
        await this.link.run(record.limited ? limitedCommitScript : commitScript, proposal.args),
      );
      if (committed !== undefined) return committed;
      record = await this.find(id, depth);
    }
  }

  /** Decides from a record as it was known; `undefined` where nothing changes. */
  propose(
    record: JobRecord,
    next: Change,
    options: CommitOptions,
    token: string = randomId(),
  ): Proposal | undefined {
    const changed = next(record);
    if (changed === undefined) return undefined;
    const args = this.#arguments(record, changed, token, options);
    return { record, changed, token, options, args };
  }

  /** What a script answered to it; `undefined` where another change came first. */
  committed(
    { record, changed, token, options }: Proposal,
    answer: Reply | undefined,
  ): Committed | undefined {
    const [what, nextHolder, waitMs, ...woken] = listOfReply(answer).map(textOfReply);
    switch (what) {
      case 'done': {
        const { state, actions } = changed;
        const fence = options.newFence ?? record.fence;
        return {
          type: 'done',
          record: { ...record, state, fence, rev: token },
          actions,
          nextHolder: nextHolder ?? '',
          woken,
        };
      }
      case 'limited': {
        const forMs = waitMs === '' ? undefined : Number(waitMs);
        return { type: 'limited', record, waitMs: forMs, nextHolder: '', woken };
      }
      case 'fenced':
      case 'gone':
        return { type: what };
      default:
        return undefined;
    }
  }

  /** A record as another script brings it, with what its handler gets. */
  recordOf(id: string, values: Reply | undefined): JobRecord | undefined {
    return textOfReply(listOfReply(values)[0]) === '' ? undefined : this.#record(id, values);
  }

  #arguments(
    record: JobRecord,
    { state, actions }: { readonly state: JobState; readonly actions: readonly JobAction[] },
    token: string,
    { fence = '', newFence = '-', progress = noProgress, result }: CommitOptions,
  ): ScriptArguments {
    const ends = state.status === 'succeeded' && record.state.status !== 'succeeded';
    return [
      record.id,
      record.rev,
      fence,
      token,
      storedState(state),
      state.status,
      record.state.status,
      state.atRest ? '1' : '0',
      state.stopReason === record.state.stopReason ? '-' : (state.stopReason ?? ''),
      kindOf(actions),
      newFence,
      ends ? (result ?? encodeValue('result', state.result)) : '',
      ends ? '1' : '0',
      actions.some(({ type }) => type === 'discard') ? '1' : '0',
      progress.seq,
      progress.events.at(-1) ?? '',
      progress.dropped,
      record.capacity,
      record.owner,
      record.key,
      record.keeps ? '1' : '0',
      record.ttl,
      record.maxKept,
      ...progress.events,
    ];
  }

  #read(id: string, reply: Reply | undefined): Looked | undefined {
    if (reply === null || reply === undefined) return undefined;
    const [values, events] = listOfReply(reply);
    return { record: this.#record(id, values), events: listOfReply(events) };
  }

  #record(id: string, values: Reply | undefined): JobRecord {
    return readRecord(id, listOfReply(values), (name) => this.#discards.get(name) ?? true);
  }
}

function kindOf(actions: readonly JobAction[]): NewsKind {
  for (const action of actions) if (action.type === 'tell') return kindOfNews[action.news];
  return 'c';
}

/** The jobs that a change lets go on: they have to be given to BullMQ. */
export function freedBy(committed: Committed): readonly string[] {
  if (committed.type !== 'done' && committed.type !== 'limited') return [];
  const { nextHolder, woken } = committed;
  return nextHolder === '' ? woken : [nextHolder, ...woken];
}

/** The job that was there a moment ago has gone. */
export const gone = (): OffstageError => new OffstageError('not_found', 'There is no such job.');
