import { type JobClient, type JobView, OffstageError, type StartOptions } from '@offstage/core';
import { z } from 'zod';
import { change } from '../../change/change-job.ts';
import { changeWork, type StagedFile } from '../../change/change-work.ts';
import type { ParserSettings } from '../../reading/parser-settings.ts';
import { Problem } from '../requests/problem.ts';
import type { UploadStore } from '../uploads/upload-store.ts';
import type { StartKeys } from './start-keys.ts';

/** The key that admits one change of the corpus at a time (D5). */
const corpusKey = 'corpus';

const ids = z.array(z.string());
const asked = z.object({ add: ids, remove: ids, retry: ids.default([]) });

export interface ChangeClientOptions {
  readonly client: JobClient;
  /** The id of the session that asks. */
  readonly session: string;
  readonly uploads: UploadStore;
  readonly startKeys: StartKeys;
  readonly dataFolder: string;
  readonly parsing: ParserSettings;
  readonly maxChangeMs: number;
  /** Makes way for the job before it is started. */
  readonly makeWay: () => Promise<void>;
  /** Called where it was not admitted, after all. */
  readonly onRefused: () => void;
  /** Called once the job is admitted. */
  readonly onAdmitted: (jobId: string, what: string, files: readonly StagedFile[]) => void;
  /** The corpus is held by something that is no job. */
  readonly refuseWhile: () => boolean;
  /** Called where it was refused because the corpus is being changed; gives the reason. */
  readonly whyBusy: () => string;
}

/**
 * A session's job client that starts changes alone, with the session's own uploads, and always under
 * the corpus's key. Everything else goes to the session's client as it is.
 */
export function changeClient(options: ChangeClientOptions): JobClient {
  const { client, session, uploads, startKeys, dataFolder, parsing, maxChangeMs } = options;
  const start = async (
    definition: { readonly name: string },
    input: unknown,
    { idempotencyKey }: StartOptions = {},
  ): Promise<JobView> => {
    if (definition.name !== change.name) {
      throw new OffstageError('unknown_definition', 'There is no such job.');
    }
    if (idempotencyKey === undefined) return startNow(input);
    return startKeys.once(
      [session, idempotencyKey],
      input,
      () => startNow(input),
      (jobId) => client.get(jobId),
    );
  };
  const startNow = async (input: unknown): Promise<JobView> => {
    if (options.refuseWhile()) throw new OffstageError('conflict', options.whyBusy());
    const { success, data } = asked.safeParse(input);
    if (!success) {
      throw new OffstageError(
        'invalid_input',
        'A change names what to add and what to remove, by ids.',
      );
    }
    const { add, remove, retry } = data;
    const files = take(uploads, session, add);
    try {
      await options.makeWay();
      const job = await client.start(
        changeWork,
        { dataFolder, add: [...files], remove, retry, maxChangeMs, ...parsing },
        { exclusivityKey: corpusKey },
      );
      options.onAdmitted(job.id, describe(files.length, data), files);
      return job;
    } catch (error) {
      uploads.giveBack(session, files);
      options.onRefused();
      if (OffstageError.isInstance(error) && error.code === 'conflict') {
        throw new OffstageError('conflict', options.whyBusy(), { cause: error });
      }
      throw error;
    }
  };
  return new Proxy(client, {
    get(target, name) {
      if (name === 'start') return start;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function take(uploads: UploadStore, session: string, add: readonly string[]) {
  try {
    return uploads.take(session, add);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new OffstageError('invalid_input', error.message, { cause: error });
  }
}

/** For the journal, without a name in it. */
function describe(added: number, { remove, retry }: z.infer<typeof asked>): string {
  const parts = [
    added > 0 ? `adding ${count(added)}` : '',
    remove.length > 0 ? `removing ${count(remove.length)}` : '',
    retry.length > 0 ? `trying ${count(retry.length)} again` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'indexing everything again' : listed.format(parts);
}

const listed = new Intl.ListFormat('en');

const count = (files: number): string => (files === 1 ? '1 document' : `${files} documents`);
