import type { StartOptions } from '@offstage/core';
import { type JobClient, type JobManager, type JobView, OffstageError } from '@offstage/core';
import { StartKeys } from '@offstage/core/engine';
import { z } from 'zod';
import { change } from '../../change/change-job.ts';
import { changeWork } from '../../change/change-work.ts';
import type { ParserSettings } from '../../reading/parser-settings.ts';
import { Problem } from '../requests/problem.ts';
import type { CorpusGate } from './corpus-gate.ts';

/** The key that admits one change of the corpus at a time (D5). */
const corpusKey = 'corpus';

const asked = z.object({ add: z.array(z.string()), remove: z.array(z.string()) });

export interface ChangeClientsParts {
  readonly manager: JobManager;
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
      const startNow = () => this.#start(client, session, input);
      if (idempotencyKey === undefined) return startNow();
      return this.#keys.once([session, idempotencyKey], [input], startNow, ({ id }) =>
        client.get(id),
      );
    };
    return new Proxy(client, {
      get(target, name) {
        if (name === 'start') return start;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  async #start(client: JobClient, session: string, input: unknown): Promise<JobView> {
    const { gate, dataFolder, parsing, maxChangeMs } = this.#parts;
    const { success, data } = asked.safeParse(input);
    if (!success) {
      throw new OffstageError(
        'invalid_input',
        'A change names what to add and what to remove, by ids.',
      );
    }
    const { add, remove } = data;
    const what = describe(new Set(add).size, remove.length);
    try {
      return await gate.admit(session, add, what, (files) =>
        client.start(
          changeWork,
          { dataFolder, add: [...files], remove, maxChangeMs, ...parsing },
          { exclusivityKey: corpusKey },
        ),
      );
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      throw new OffstageError('invalid_input', error.message, { cause: error });
    }
  }
}

/** For the journal, without a name in it. */
function describe(added: number, removed: number): string {
  const parts = [
    added > 0 ? `adding ${count(added)}` : '',
    removed > 0 ? `removing ${count(removed)}` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'indexing everything again' : parts.join(' and ');
}

const count = (files: number): string => (files === 1 ? '1 document' : `${files} documents`);
