import { type HandledJob, handle } from '@offstage/core';
import { changeWork } from '../../change/change-work.ts';
import { stagedUploads } from '../uploads/upload-journal.ts';

/** A change's handler, with the uploads that its input names by ids. */
export function withUploads({
  handler,
}: HandledJob<typeof changeWork>): HandledJob<typeof changeWork> {
  return handle(changeWork, async (context) => {
    const { input, signal, report, jobId, attempt, saved } = context;
    const { dataFolder, uploads } = input;
    const named =
      uploads === undefined ? [] : stagedUploads(dataFolder, uploads.session, uploads.ids);
    return handler({
      ...{ signal, report, jobId, attempt, saved },
      save: (state) => context.save(state),
      input: { ...input, add: [...input.add, ...named] },
    });
  });
}
