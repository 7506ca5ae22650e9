import { setTimeout as sleep } from 'node:timers/promises';
import { type HandledJob, handle, PublicError } from '@offstage/core';
import { type ChangeHandlerOptions, createChangeHandler } from '../../change/change-handler.ts';
import { changeWork } from '../../change/change-work.ts';
import { asFinal } from '../../change/public-errors.ts';

/**
 * The change of the corpus for tests of pages, steered by the names of files (`OFFSTAGE_STUB=1`):
 * `slow-*` goes on, with progress, until it is canceled; `hang-*` goes on for a while after that, and
 * `stuck-*` until the server ends; `fail-*` fails; `lost-*` goes on until its process is killed, and says
 * which that is. Whatever has no such name runs as ever, and so does the attempt after the first of `lost-*`.
 */
export function createStubHandler(options: ChangeHandlerOptions): HandledJob<typeof changeWork> {
  const real = createChangeHandler(options);
  return handle(changeWork, async (context) => {
    const { input, signal, report } = context;
    const kinds = new Set(
      input.add.map(({ name }) => /(?:^|\/)(slow|hang|stuck|fail|lost)-[^/]*$/.exec(name)?.[1]),
    );
    if (kinds.has('fail')) {
      report({ phase: 'parse', percent: 40, message: '2 of 5 files' });
      await sleep(300, undefined, { signal });
      const message =
        'The only file could not be read, so nothing was published. "fail": it is damaged.';
      throw asFinal(new PublicError('nothing_readable', message));
    }
    const isLost = kinds.has('lost') && context.attempt === 1;
    if (!isLost && !['slow', 'hang', 'stuck'].some((kind) => kinds.has(kind))) {
      return real.handler(context);
    }
    for (let step = 0; !signal.aborted; step += 1) {
      const percent = Math.min(90, 10 + step / 4);
      const files = Math.round((360 * percent) / 95);
      const message = isLost ? `in process ${process.pid}` : `${files} of 360 files`;
      report({ phase: 'parse', percent, message });
      await sleep(100, undefined, { signal }).catch(() => undefined);
    }
    if (kinds.has('hang')) await sleep(3000);
    if (kinds.has('stuck')) await new Promise(() => undefined);
    throw signal.reason;
  });
}
