import type { JobView } from '@offstage/core';
import { expect, test } from 'vitest';
import { jobCard, jobRow } from './job-card.ts';

const running: JobView = {
  ...{ id: 'a1b2c3d4e5f6a7b8', name: 'documents.change', phases: ['save', 'parse'] },
  ...{ attempt: 1, maxAttempts: 3, availableAt: null, lastFailure: null, retryOf: null },
  ...{ status: 'running', result: undefined, failure: undefined, cancelRequested: false },
  ...{ progress: null, droppedReports: 0, createdAt: 1000, startedAt: 2000, endedAt: null },
};
const failure = { code: 'locked', message: 'Somebody else writes.', reference: 'r' };
const retrying: JobView = {
  ...running,
  ...{ status: 'queued', attempt: 2, availableAt: 30_000, lastFailure: failure },
};
const at = (message: string) => ({
  ...{ seq: 1, at: 0, phase: 'parse', percent: 20, message, attempt: 1 },
});
const doing = {
  ...{ isCanceling: false, now: 18_001, pace: 'About 9 s left' },
  ...{ cancel: () => {}, putAway: () => {} },
};
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

test('A1 a job that failed and waits says which attempt comes, when, and why', () => {
  const card = jobCard(retrying, doing);
  expect(plain(card.attempt)).toBe('Second attempt, again in 12 s');
  expect(card).toMatchObject({
    badge: { text: 'Again soon', tone: 'wait' },
    line: 'It starts again by itself.',
    pace: '',
    note: 'The attempt before failed: Somebody else writes.',
    actions: [{ key: 'cancel', label: 'Cancel' }],
  });
  expect(plain(card.time)).toBe('At work for 17 s');
  // It never says that it begins in no time, and does not count below.
  for (const now of [29_999, 30_000, 99_000]) {
    const { attempt } = jobCard(retrying, { ...doing, now });
    expect(plain(attempt)).toBe(`Second attempt, again in ${now < 30_000 ? '1 s' : 'a moment'}`);
  }
});

test.each<[string, Partial<JobView>, string, string]>([
  ['the first attempt', {}, '', ''],
  ['the next one at work', { attempt: 2 }, 'Second attempt', 'The attempt before failed: x'],
  [
    'the last one',
    { attempt: 3 },
    'Third attempt',
    'The attempt before failed: x It is the last one.',
  ],
  ['a late one', { attempt: 11, maxAttempts: 20 }, 'Attempt 11', 'The attempt before failed: x'],
])('A1 A3 a job at work says which attempt it is: %s', (_, change, attempt, note) => {
  const lastFailure = change.attempt === undefined ? null : { ...failure, message: 'x' };
  const job = { ...running, ...change, lastFailure } as JobView;
  expect(jobCard(job, doing)).toMatchObject({ attempt, note });
});

test('K3 a job that goes on after its server has ended says so', () => {
  const lastFailure = { ...failure, code: 'interrupted' };
  const job = { ...running, attempt: 2, lastFailure } as JobView;
  expect(jobCard(job, doing)).toMatchObject({
    attempt: 'Second attempt, going on after an interruption',
    note: 'The server ended while it was at work.',
  });
});

test('A5 a delayed job says when it begins', () => {
  const { attempt, badge } = jobCard(
    { ...running, status: 'queued', startedAt: null, availableAt: 20_001 } as JobView,
    doing,
  );
  expect([plain(attempt), badge.text]).toEqual(['Begins in 2 s', 'Queued']);
});

test('D2 a file that takes long stands apart from the count, and not beside a cancel', () => {
  const job = { ...running, progress: at('3 of 9 files; 75 s so far at atlas.pdf') } as JobView;
  const { line, slow } = jobCard(job, doing);
  expect(line).toBe('3 of 9 files');
  expect(slow).toMatchObject({ name: 'atlas.pdf' });
  expect(plain(slow?.after ?? '')).toBe(' takes long: 1 min 15 s so far');
  expect(jobCard(job, doing).pace).toBe('About 9 s left');
  expect(jobCard(job, { ...doing, isCanceling: true })).toMatchObject({
    slow: undefined,
    pace: '',
  });
});

test('D3 the button of a job cancels it once, and puts its card away when it is over', () => {
  const done: string[] = [];
  const rest = {
    now: 0,
    pace: '',
    cancel: () => done.push('cancel'),
    putAway: () => done.push('away'),
  };
  const [cancel] = jobCard(running, { ...rest, isCanceling: false }).actions;
  cancel?.act();
  expect(jobCard(running, { ...rest, isCanceling: true }).actions).toMatchObject([
    { key: 'cancel', label: 'Canceling', isUnderWay: true },
  ]);
  const over = { ...running, status: 'canceled', endedAt: 5000 } as JobView;
  const card = jobCard(over, { ...rest, isCanceling: false });
  card.actions[0]?.act();
  expect(done).toEqual(['cancel', 'away']);
  expect([card.title, plain(card.time), card.line]).toEqual(['Last change', 'Took 3 s', '']);
  // Of several attempts all are counted.
  expect(
    plain(jobCard({ ...over, attempt: 2 } as JobView, { ...rest, isCanceling: false }).time),
  ).toBe('Took 4 s');
});

test('D10 the list of jobs says the same of each in a line', () => {
  const clear = (): void => {};
  const row = jobRow(retrying, { ...doing, clear });
  expect(row).toMatchObject({ id: 'a1b2c3d4e5f6', badge: { text: 'Again soon' } });
  expect(plain(row.attempt)).toBe('Second attempt, again in 12 s');
  const over = { ...running, status: 'canceled', endedAt: 5000 } as JobView;
  expect(jobRow(over, { ...doing, clear })).toMatchObject({
    line: 'Canceled, nothing was published',
    attempt: '',
    actions: [{ key: 'clear', label: 'Clear' }],
  });
});
