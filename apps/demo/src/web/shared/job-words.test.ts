import type { JobView } from '@offstage/core';
import { expect, test } from 'vitest';
import { outcomeOf } from './job-words.ts';

const canceled: JobView = {
  id: 'a',
  name: 'documents.change',
  phases: ['save', 'parse'],
  attempt: 1,
  maxAttempts: 1,
  availableAt: null,
  lastFailure: null,
  retryOf: null,
  status: 'canceled',
  result: undefined,
  failure: undefined,
  cancelRequested: true,
  progress: null,
  droppedReports: 0,
  createdAt: 0,
  startedAt: 0,
  endedAt: 1,
};

test.each([
  [7, 'Version 7 stays current and can be searched.'],
  [null, 'Nothing is published yet.'],
  [undefined, ''],
])('D3 a canceled change says what is current as far as that is known: %s', (current, text) => {
  expect(outcomeOf(canceled, current)).toMatchObject({
    title: 'Canceled, nothing was published',
    text,
  });
});
