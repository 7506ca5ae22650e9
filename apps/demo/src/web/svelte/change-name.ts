import type { change } from '../../change/change-job.ts';

/** Of the definition, which is loaded later than the lists of its jobs are shown. */
export const changeName: typeof change.name = 'documents.change';
