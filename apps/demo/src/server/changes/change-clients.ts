import type { StartOptions } from '@offstage/core';
import { type JobClient, type JobView, OffstageError } from '@offstage/core';
import { StartKeys } from '@offstage/core/engine';
import { z } from 'zod';
import { change } from '../../change/change-job.ts';
import { changeWork } from '../../change/change-work.ts';
import type { ParserSettings } from '../../reading/parser-settings.ts';
import { Problem } from '../requests/problem.ts';
import type { CorpusGate } from './corpus-gate.ts';
import type { ChangeEngine } from './hosted-changes.ts';
import type { KeptChange } from './kept-changes.ts';

/** The key that admits one change of the corpus at a time (D5). */
const corpusKey = 'corpus';

const ids = z.array(z.string());
const asked = z.object({ add: ids, remove: ids, retry: ids.default([]) });

export interface ChangeClientsParts {
  readonly manager: ChangeEngine;
  readonly gate: CorpusGate;
  readonly dataFolder: string;
  readonly parsing: ParserSettings;
  readonly maxChangeMs: number;
}

/**
 * Sessions' job clients, which start changes alone, with the session's own uploads, and always under
 * the corpus's key. Everything else goes to the manager's client as it is.
 */
export class ChangeClients {
  readonly #parts: ChangeClientsParts;
  /** The manager's own come too late: what a change has taken cannot be taken again (J3). */
  readonly #keys = new StartKeys();
  #remembered: Promise<unknown> = Promise.resolve();

  constructor(parts: ChangeClientsParts) {
    this.#parts = parts;
    parts.manager.on('released', ({ id }) => this.#keys.forget(id));
  }

  of(session: string): JobClient {
    const client = this.#parts.manager.forOwner(session);
    const start = async (
      definition: { readonly name: string },
      input: unknown,
      { idempotencyKey }: StartOptions = {},
    ): Promise<JobView> => {
      if (definition.name !== change.name) {
        throw new OffstageError('unknown_definition', 'There is no such job.');
      }
      const { success, data } = asked.safeParse(input);
      if (!success) {
        throw new OffstageError(
          'invalid_input',
          'A change names what to add and what to remove, by ids.',
        );
      }
      await this.#remembered;
      const startNow = () => this.#start(client, session, data, idempotencyKey);
      if (idempotencyKey === undefined) return startNow();
      // The options are the server's own, and so never others.
      const key = { scope: [session, idempotencyKey], asked: [data] };
      return this.#keys.once(key, '', startNow, ({ id }) => client.get(id));
    };
    return new Proxy(client, {
      get(target, name) {
        if (name === 'start') return start;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  /** Starts that a former server answered, or did not come to answer, are still the same starts. */
  remember(changes: readonly KeptChange[]): void {
    const { manager } = this.#parts;
    const remember = async ({ jobId, session, asked, idempotencyKey }: KeptChange) => {
      if (idempotencyKey === undefined) return;
      const job = await manager.forOwner(session).get(jobId);
      if (job !== undefined) this.#keys.remember([session, idempotencyKey], () => [asked], '', job);
    };
    this.#remembered = Promise.allSettled(changes.map(remember));
  }

  async #start(
    client: JobClient,
    session: string,
    { add, remove, retry }: z.infer<typeof asked>,
    idempotencyKey: string | undefined,
  ): Promise<JobView> {
    const { gate, dataFolder, parsing, maxChangeMs } = this.#parts;
    try {
      return await gate.admit(session, add, (files) =>
        client.start(
          changeWork,
          {
            uploads: { session, ids: files.map(({ upload }) => upload) },
            ...{ dataFolder, remove, retry, maxChangeMs, ...parsing },
          },
          { exclusivityKey: corpusKey, idempotencyKey },
        ),
      );
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const code = error.code === 'storage_full' ? error.code : 'invalid_input';
      throw new OffstageError(code, error.message, { cause: error });
    }
  }
}
