import { simulatedClock } from '@offstage/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { type AskedLook, FolderLoop, type Look } from './folder-loop.ts';

/** A loop whose looks end when their time is over, with what `answer` says. */
function startLoop(answer: (asked: AskedLook, number: number) => Partial<Look> & { ms?: number }) {
  const clock = simulatedClock();
  const startedAt = clock.monotonic();
  const looks: number[] = [];
  const told: string[] = [];
  let under = 0;
  const loop = new FolderLoop({
    clock,
    look: async (asked) => {
      under += 1;
      expect(under).toBe(1);
      looks.push(clock.monotonic() - startedAt);
      const { ms = 0, ...look } = answer(asked, looks.length);
      if (ms > 0) await new Promise<void>((resolve) => void clock.schedule(ms, resolve));
      under -= 1;
      return { published: false, unsettled: [], ...look };
    },
    onWaiting: (path) => told.push(`waits: ${path}`),
    onTaken: (path) => told.push(`taken: ${path}`),
  });
  const ending = new AbortController();
  const ended = loop.run(ending.signal);
  onTestFinished(() => ending.abort());
  return { clock, loop, looks, told, ending, ended };
}

test('D9 a watched folder is looked at once nothing happens in it any more', async () => {
  const { clock, loop, looks } = startLoop(() => ({}));
  await clock.advance(10_000);
  expect(looks).toEqual([0]);
  for (let n = 0; n < 4; n += 1) {
    loop.hint();
    await clock.advance(500);
  }
  expect(looks).toEqual([0]);
  await clock.advance(1000);
  expect(looks).toEqual([0, 12_500]);
});

test('D9 it is looked at though something goes on happening, and though nothing is heard', async () => {
  const { clock, loop, looks } = startLoop(() => ({}));
  await clock.advance(0);
  for (let n = 0; n < 24; n += 1) {
    loop.hint();
    await clock.advance(500);
  }
  expect(looks).toEqual([0, 5000, 10_000]);
  await clock.advance(120_000);
  expect(looks.length).toBeGreaterThan(4);
});

test('D9 one look at a time: what happens during one is looked at afterwards', async () => {
  const { clock, loop, looks } = startLoop(() => ({ ms: 3000 }));
  await clock.advance(1000);
  loop.hint();
  loop.hint();
  await clock.advance(1900);
  expect(looks).toEqual([0]);
  await clock.advance(20_000);
  expect(looks).toEqual([0, 3000]);
});

test('D9 a file that grows for ever waits, is told of, and is taken twice as seldom each time', async () => {
  const asked: (readonly [number, readonly string[]])[] = [];
  const { clock, told } = startLoop(({ takeUnsettled }) => {
    if (takeUnsettled.length > 0) asked.push([clock.monotonic(), takeUnsettled]);
    return takeUnsettled.length > 0
      ? { published: true, unsettled: [] }
      : { unsettled: ['log.txt'] };
  });
  const startedAt = clock.monotonic();
  await clock.advance(240_000);
  expect(asked.map(([at, paths]) => [Math.round((at - startedAt) / 1000), paths])).toEqual([
    [30, ['log.txt']],
    [90, ['log.txt']],
    [210, ['log.txt']],
  ]);
  expect(told[0]).toBe('waits: log.txt');
  expect(told.filter((text) => text.startsWith('waits'))).toHaveLength(1);
  expect(told.filter((text) => text.startsWith('taken'))).toHaveLength(3);
});

test('D9 a file that has settled is taken by the next look, and nobody hears of it', async () => {
  const { clock, looks, told } = startLoop((_asked, number) =>
    number < 3 ? { unsettled: ['a.md'] } : { published: true },
  );
  await clock.advance(10_000);
  expect(looks).toEqual([0, 1000, 2000]);
  expect(told).toEqual([]);
});

test('D9 a look that failed is tried again, less and less often, whatever happens meanwhile', async () => {
  const { clock, loop, looks } = startLoop((_asked, number) => ({
    again: number < 5 ? 'later' : undefined,
  }));
  for (let n = 0; n < 60; n += 1) {
    loop.hint();
    await clock.advance(500);
  }
  expect(looks.slice(0, 5)).toEqual([0, 2000, 6000, 14_000, 30_000]);
});

test('D9 a folder that is gone is looked for often, and what is heard counts', async () => {
  const { clock, loop, looks } = startLoop(() => ({ again: 'soon' }));
  await clock.advance(6000);
  loop.hint();
  await clock.advance(1000);
  expect(looks).toEqual([0, 2000, 4000, 6000, 7000]);
});

test('D9 it ends between two looks at once, and during one when that has ended', async () => {
  const quiet = startLoop(() => ({}));
  await quiet.clock.advance(100);
  quiet.ending.abort();
  await quiet.ended;
  expect(quiet.clock.pending).toBe(0);
  const busy = startLoop(() => ({ ms: 1000 }));
  busy.ending.abort();
  await busy.clock.advance(1000);
  await busy.ended;
  expect(busy.looks).toEqual([0]);
});
