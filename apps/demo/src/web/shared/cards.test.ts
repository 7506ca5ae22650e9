import { expect, test } from 'vitest';
import type { CorpusView } from '../api.ts';
import { type Action, act } from './action.ts';
import { busyCard } from './busy-card.ts';
import type { DocumentList } from './document-pages.ts';
import { documentDetail } from './document-words.ts';
import { failureReasons } from './failure-reasons.ts';
import { fileGroups } from './file-outcomes.ts';
import { leftoverCard } from './leftover-card.ts';
import { listTools } from './list-tools.ts';
import { pendingCard } from './pending-card.ts';
import type { PendingState } from './pending-change.ts';
import { selectionBar } from './selection-bar.ts';
import { settingsCard } from './settings-card.ts';
import { staleCard } from './stale-card.ts';

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');
const press = (actions: readonly Action[], key: string): void => {
  const action = actions.find((one) => one.key === key);
  if (action === undefined) throw new Error(`There is no "${key}".`);
  act(action);
};

const list = (query: Partial<DocumentList['query']>, rest: Partial<DocumentList> = {}) =>
  ({
    query: { ...{ sort: 'name', order: 'asc', name: '', kind: '', reason: '' }, ...query },
    ...{ kinds: [], partly: 0, reasons: [], total: 0, rows: new Map(), error: undefined },
    ...rest,
  }) as DocumentList;

test('D6 failed files are tried again and removed by their reason, or all of them', () => {
  const done: unknown[] = [];
  const doing = {
    show: (reason: string) => done.push(['show', reason]),
    retry: (reason?: string) => done.push(['retry', reason]),
    remove: (reason?: string) => done.push(['remove', reason]),
  };
  expect(failureReasons(list({}), doing)).toBe(undefined);
  const view = failureReasons(
    list(
      { kind: 'failed', reason: 'it is torn' },
      {
        reasons: [
          { reason: 'it is torn', count: 300, canRetry: 299 },
          { reason: 'it is empty', count: 1, canRetry: 0 },
        ],
      },
    ),
    doing,
  );
  const [torn, empty] = view?.reasons ?? [];
  expect(torn).toMatchObject({ text: 'It is torn.', show: { isPressed: true } });
  expect(plain(torn?.show.label ?? '')).toBe('300 files');
  expect(empty?.actions.map(({ key }) => key)).toEqual(['remove']);
  expect(plain(view?.note ?? '')).toBe(
    'The content of 2 files was not kept: to try again, add them once more.',
  );
  press(torn?.actions ?? [], 'retry');
  press(empty?.actions ?? [], 'remove');
  press(view?.actions ?? [], 'retry');
  press(view?.actions ?? [], 'remove');
  torn?.show.act();
  empty?.show.act();
  expect(done).toEqual([
    ['retry', 'it is torn'],
    ['remove', 'it is empty'],
    ['retry', undefined],
    ['remove', undefined],
    ['show', ''],
    ['show', 'it is empty'],
  ]);
});

test('D6 reasons that nobody would read to the end are counted', () => {
  const reasons = Array.from({ length: 500 }, (_, at) => ({
    ...{ reason: `reason ${at}`, count: 1, canRetry: 1 },
  }));
  const nothing = (): void => {};
  const doing = { show: nothing, retry: nothing, remove: nothing };
  const view = failureReasons(list({ kind: 'failed' }, { reasons }), doing);
  expect(view?.reasons).toHaveLength(20);
  expect(plain(view?.note ?? '')).toBe('480 other reasons concern the rest of the list.');
});

test('D6 a change says what failed, what was read in part, and the rest, as many as its outcome counts', () => {
  const file = (name: string, outcome: 'added' | 'failed', notes: string[] = []) => ({
    ...{ upload: name, name, bytes: 1, outcome, notes },
    problem: outcome === 'failed' ? { code: 'x', message: 'it is torn' } : null,
  });
  const counts = { version: '1-a', gen: 1, published: true, documents: 3, passages: 3, bytes: 3 };
  const groups = fileGroups({
    ...counts,
    ...{
      failed: 400,
      added: 3,
      changed: 0,
      removed: 0,
      duplicates: 0,
      newlyFailed: 400,
      partly: 1,
    },
    files: [
      file('torn.pdf', 'failed'),
      file('scan.pdf', 'added', ['2 pages have no text.', 'Its pictures were left out.']),
      file('a.txt', 'added'),
    ],
  });
  expect(groups.map(({ title }) => plain(title))).toEqual([
    '400 files cannot be searched',
    '1 file was read in part',
    'Details of 2 other files',
  ]);
  expect(groups.map(({ files }) => files[0]?.text)).toEqual([
    'it is torn',
    '2 pages have no text. Its pictures were left out.',
    'Added',
  ]);
  expect(groups.map(({ more }) => plain(more))).toEqual([
    'The list of documents names all 400 files.',
    '',
    '',
  ]);
});

test('D6 a row says what was left out of its document, in words', () => {
  const document = {
    ...{ id: 'd', name: 'a.pdf', mediaType: 'application/pdf', bytes: 1, sha256: 'f'.repeat(64) },
    ...{ passages: 1, outcome: 'indexed' as const, problem: null, addedAt: 0, canRetry: false },
  };
  expect(documentDetail({ ...document, notes: [] })).toMatchObject({ text: 'PDF', badge: '' });
  const notes = ['2 pages have no text.', 'More.'];
  expect(documentDetail({ ...document, notes })).toEqual({
    ...{ text: 'PDF · 2 pages have no text. More.', title: '2 pages have no text. More.' },
    ...{ isBad: false, badge: 'Read in part', sha256: null },
  });
});

test('D5 a change that waits says why, and one that could not start offers another try', () => {
  const done: string[] = [];
  const around = {
    ...{ shownJob: undefined, busy: 'Somebody else is at it.' },
    ...{ tryNow: () => done.push('try'), drop: () => done.push('drop') },
  };
  const idle: PendingState = {
    ...{ status: 'idle', add: [], remove: [], retry: [], error: undefined, jobId: undefined },
  };
  expect(pendingCard(idle, around)).toBe(undefined);
  const waiting = pendingCard(
    { ...idle, status: 'waiting', add: ['a'], retry: ['x', 'y'] },
    around,
  );
  expect(waiting).toMatchObject({
    ...{ title: 'Waiting for its turn', isProblem: false },
    note: 'Somebody else is at it. Then yours starts by itself.',
    actions: [{ label: 'Do not wait' }],
  });
  expect(plain(waiting?.text ?? '')).toBe('1 file to add, 2 files to try again');
  const refused = pendingCard({ ...idle, status: 'refused' }, around);
  expect(refused).toMatchObject({ text: 'Everything to index again', isProblem: true });
  press(refused?.actions ?? [], 'again');
  press(refused?.actions ?? [], 'drop');
  expect(done).toEqual(['try', 'drop']);
  const started = { ...idle, status: 'started', jobId: 'j' } as const;
  expect(pendingCard(started, around)).toMatchObject({ title: 'Starting', actions: [] });
  expect(pendingCard(started, { ...around, shownJob: 'j' })).toBe(undefined);
});

test('D4 a stale index is made anew by one click, unless it cannot be or is being changed', () => {
  const stale = {
    settingsChanged: true,
    outdated: 0,
    canIndexAgain: true,
    pending: 0,
    message: 'Stale.',
  };
  const corpus = { stale, busy: null } as CorpusView;
  let asked = 0;
  const indexAgain = (): void => {
    asked += 1;
  };
  const card = staleCard(corpus, { isAsked: false, indexAgain });
  expect(card).toMatchObject({ text: 'Stale.', actions: [{ isDisabled: false }] });
  press(card?.actions ?? [], 'index');
  expect(asked).toBe(1);
  expect(staleCard(corpus, { isAsked: true, indexAgain })?.actions[0]?.isDisabled).toBe(true);
  const folder = { ...corpus, stale: { ...stale, canIndexAgain: false } };
  expect(staleCard(folder, { isAsked: false, indexAgain })?.actions).toEqual([]);
  const fresh = { ...corpus, stale: { ...stale, settingsChanged: false, pending: 1 } };
  expect(staleCard(fresh, { isAsked: false, indexAgain })).toBe(undefined);
});

test('D4 the tools of the list ask for what is chosen, and offer the way back', () => {
  const asked: unknown[] = [];
  const pages = { ask: (query: object) => void asked.push(query) };
  const kinds = [{ kind: 'application/pdf', count: 2 }];
  expect(listTools(list({}, { kinds }), pages).actions).toEqual([]);
  const tools = listTools(list({ kind: 'partly' }, { kinds, partly: 3 }), pages);
  const [kind, order] = tools.selects;
  expect(kind?.choices.map(({ label }) => label)).toEqual([
    'All kinds',
    'PDF (2)',
    'Read in part (3)',
  ]);
  kind?.onChoose('failed');
  order?.onChoose('largest');
  tools.onName('act');
  press(tools.actions, 'all');
  expect(asked).toEqual([
    { kind: 'failed', reason: '' },
    { sort: 'size', order: 'desc' },
    { name: 'act' },
    { name: '', kind: '', reason: '' },
  ]);
});

test('D5 what can be done with chosen documents goes by how many they are', () => {
  const nothing = (): void => {};
  const doing = { chooseAll: nothing, chooseNone: nothing, remove: nothing };
  expect(selectionBar(0, 5, doing)).toBe(undefined);
  const keys = (chosen: number) => selectionBar(chosen, 5, doing)?.actions.map(({ key }) => key);
  expect([keys(2), keys(5)]).toEqual([
    ['all', 'none', 'remove'],
    ['none', 'remove'],
  ]);
});

test('D5 another session’s change is told of while nothing of one’s own waits', () => {
  const busy = {
    ...{ mine: false, jobId: null, since: 1000, resumedAt: null },
    message: 'Somebody else is at it.',
  };
  expect(plain(busyCard(busy, false)?.text(13_000) ?? '')).toBe(
    'Somebody else is at it. It began 12 s ago.',
  );
  expect([busyCard(busy, true), busyCard({ ...busy, mine: true }, false)]).toEqual([
    undefined,
    undefined,
  ]);
  expect(busyCard(null, false)).toBe(undefined);
});

test('D4 settings show what is in force, also where somebody else has set it', () => {
  const saved: object[] = [];
  const save = async (change: object) => void saved.push(change);
  const known = { language: 'de', passageLength: 900, languages: ['de', 'en'], least: 1, most: 9 };
  const state = { settings: known, isSaving: false, error: undefined };
  expect(settingsCard({ ...state, settings: undefined }, { save })).toEqual([]);
  const [language, length] = settingsCard(state, { save });
  expect(language?.choices.map(({ label }) => label)).toEqual([
    'Of the languages of the documents',
    'Off: words as they are written',
    'English',
    'German',
  ]);
  expect(length).toMatchObject({ value: '900' });
  expect(length?.choices.map(({ value }) => value)).toEqual(['600', '900', '1200', '2400']);
  language?.onChoose('none');
  length?.onChoose('600');
  expect(saved).toEqual([{ language: 'none' }, { passageLength: 600 }]);
});

test('D7 files are left over that no change has taken, and those of one that did not publish them', () => {
  const pending = ['a', 'b'].map((upload) => ({ upload, name: `${upload}.txt`, bytes: 500 }));
  const corpus = { pending, busy: null } as unknown as CorpusView;
  const nothing = (): void => {};
  const shown = (status: 'running' | 'failed' | undefined, taken: string[], known = corpus) =>
    leftoverCard(known, { status, taken }, { add: nothing, drop: nothing });
  expect(plain(shown(undefined, [])?.title ?? '')).toBe('2 uploaded files not added yet');
  // A look that is older than the start still names what the change has taken.
  expect(plain(shown('running', ['a'])?.title ?? '')).toBe('1 uploaded file not added yet');
  expect(shown('running', ['a', 'b'])).toBe(undefined);
  expect(shown('failed', ['a', 'b'])?.actions[0]?.label).toBe('Start again');
  const busy = { mine: true, jobId: 'j', since: 0, resumedAt: null, message: '' };
  expect(shown(undefined, [], { ...corpus, busy })).toBe(undefined);
});
