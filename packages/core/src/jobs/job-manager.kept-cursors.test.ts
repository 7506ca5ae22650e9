import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { again, type Life, life, quiet } from './job-manager.kept.test-support.ts';
import type { JobId } from './job-view.ts';

/** A page that stays open over the restarts of its server: what it was shown, and where it goes on. */
class Page {
  readonly id: string;
  readonly seen: string[] = [];
  missed = 0;
  cursor = 0;

  constructor(id: string) {
    this.id = id;
  }

  async look({ alice }: Life): Promise<void> {
    for (;;) {
      const { events, cursor, missed } = await alice.poll(this.id, { after: this.cursor });
      expect(events.every(({ seq }) => seq > this.cursor)).toBe(true);
      this.seen.push(...events.map(({ message }) => message));
      this.missed += missed;
      if (cursor === this.cursor) return;
      this.cursor = cursor;
    }
  }
}

const often = { ...again, retry: { attempts: 1000, delayMs: 0 } };
const options = { definitions: [often], progressCapacity: 1000 };

async function begun(): Promise<{ before: Life; id: JobId }> {
  const before = life(options);
  const { id } = await before.alice.start(often, 1);
  await quiet();
  return { before, id };
}

async function wakened(life: Life): Promise<Life> {
  await life.manager.ready();
  await quiet();
  return life;
}

describe('H3 a page whose cursor is of a life of the job before', () => {
  test('H3 P3 is shown all that the next life reports, though it asks late, and is told of the gap', async () => {
    const { before, id } = await begun();
    const page = new Page(id);
    const run = before.executor.runOf(id);
    run.report('kept');
    await before.clock.advance(1000);
    for (const message of ['shown', 'and not kept']) run.report(message);
    await page.look(before);
    expect([page.cursor, page.missed]).toEqual([3, 0]);

    const after = await wakened(before.cutPower());
    for (let count = 0; count < 10; count += 1) after.executor.runOf(id).report(`new ${count}`);
    await page.look(after);
    expect(page.seen.slice(3)).toEqual(Array.from({ length: 10 }, (_, count) => `new ${count}`));
    expect(page.missed).toBe(1);
  });

  test('H3 P3 hears of the gap at its first look, before anything is reported, and once', async () => {
    const { before, id } = await begun();
    const page = new Page(id);
    before.executor.runOf(id).report('shown, and not kept');
    await page.look(before);
    const after = await wakened(before.cutPower());
    await page.look(after);
    await page.look(after);
    expect([page.seen.length, page.missed]).toEqual([1, 1]);
    after.executor.runOf(id).report('new');
    await page.look(after);
    expect([page.seen, page.missed]).toEqual([['shown, and not kept', 'new'], 1]);
  });

  test('H3 P3 who reads for the first time after a restart has missed nothing', async () => {
    const { before, id } = await begun();
    const after = await wakened(before.cutPower());
    after.executor.runOf(id).report('new');
    const page = new Page(id);
    await page.look(after);
    expect([page.seen, page.missed]).toEqual([['new'], 0]);
  });

  test('H3 K4 after an orderly stop numbers go on with no hole', async () => {
    const { before, id } = await begun();
    before.executor.runOf(id).report('one');
    const ending = before.manager.shutdown();
    before.executor.runOf(id).obey();
    await ending;
    const after = await wakened(before.next());
    after.executor.runOf(id).report('two');
    expect(await after.alice.poll(id, { after: 1 })).toMatchObject({
      events: [{ seq: 2, attempt: 1, message: 'two' }],
      missed: 0,
    });
  });

  test('H3 K3 A3 whatever ends a process and whenever a page looks, nothing reported since is hidden or told twice', async () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          type: fc.constant('report'),
          times: fc.integer({ min: 1, max: 6 }),
        }),
      },
      { weight: 3, arbitrary: fc.record({ type: fc.constant('look'), page: fc.nat({ max: 2 }) }) },
      fc.record({ type: fc.constantFrom('tick', 'kill', 'cut', 'stop', 'fail') }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { before, id } = await begun();
        let now = before;
        let ofThisLife: string[] = [];
        let count = 0;
        const pages = [0, 1, 2].map(() => new Page(id));
        const wereReading = new Set<Page>();
        for (const each of steps) {
          if ('times' in each) {
            for (let time = 0; time < each.times; time += 1) {
              count += 1;
              ofThisLife.push(`m${count}`);
              now.executor.runOf(id).report(`m${count}`);
            }
          } else if ('page' in each) {
            await pages[each.page]?.look(now);
          } else if (each.type === 'tick') {
            await now.clock.advance(1000);
          } else if (each.type === 'fail') {
            now.executor.runOf(id).throw();
            await quiet();
          } else {
            if (each.type === 'stop') {
              const ending = now.manager.shutdown();
              now.executor.runOf(id).obey();
              await ending;
            } else {
              for (const page of pages) if (page.cursor > 0) wereReading.add(page);
            }
            now = await wakened(
              each.type === 'kill' ? now.kill() : each.type === 'cut' ? now.cutPower() : now.next(),
            );
            ofThisLife = [];
          }
        }
        ofThisLife.push('last');
        now.executor.runOf(id).report('last');
        for (const page of pages) {
          await page.look(now);
          expect(page.seen).toEqual([...new Set(page.seen)]);
          expect(page.seen).toEqual(expect.arrayContaining(ofThisLife));
          // Who had read something when a process was killed is told of a gap.
          if (wereReading.has(page)) expect(page.missed).toBeGreaterThan(0);
        }
      }),
      { numRuns: 60 },
    );
  });
});
