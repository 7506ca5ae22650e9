import { setImmediate as turn } from 'node:timers/promises';
import { handle, InlineExecutor, JobManager } from '@offstage/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StagedFile } from '../../change/change-work.ts';
import { readUploads } from '../../reading/read-job.ts';
import { ReadAhead } from './read-ahead.ts';

/** Reading under the test's hand: each job goes on until it is told how it ends. */
class Desk {
  /** The places in the job at work. */
  current: readonly string[] | undefined;
  onStart: (places: readonly string[]) => void = () => {};
  #end: (outcome: 'succeed' | 'fail') => void = () => {};
  readonly manager = new JobManager({
    executor: new InlineExecutor([
      handle(readUploads, async ({ input: { files }, signal }) => {
        const places = files.map(({ staged }) => staged);
        this.onStart(places);
        this.current = places;
        try {
          await new Promise<void>((resolve, reject) => {
            this.#end = (outcome) => (outcome === 'succeed' ? resolve() : reject(new Error('no')));
            // It winds down first.
            signal.addEventListener('abort', () => setImmediate(() => reject(signal.reason)));
          });
        } finally {
          this.current = undefined;
        }
        return { read: files.length };
      }),
    ]),
  });

  end(outcome: 'succeed' | 'fail'): void {
    this.#end(outcome);
  }
}

/** Lets everything that does not wait for the desk come to its end. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 5; turns += 1) await turn();
}

let number = 0;
const upload = (): StagedFile => {
  const name = `upload-${++number}`;
  return { upload: name, name: `${name}.md`, staged: `/staging/${name}`, bytes: 1, sha256: name };
};

const step = fc.oneof(
  fc.record({ kind: fc.constant('arrive'), files: fc.integer({ min: 1, max: 300 }) }),
  fc.record({ kind: fc.constant('leave'), files: fc.integer({ min: 1, max: 100 }) }),
  fc.record({
    kind: fc.constantFrom('pause', 'pauseAndResume', 'resume', 'succeed', 'fail', 'settle'),
  }),
);

test('D2 uploads are read once, by one job at a time, and none while a change is at work', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const desk = new Desk();
      const waiting = new Map<string, StagedFile>();
      const begun = new Set<string>();
      let isPaused = false;
      desk.onStart = (places) => {
        expect(desk.current).toBe(undefined);
        expect(isPaused).toBe(false);
        expect(places.length).toBeLessThanOrEqual(250);
        for (const place of places) {
          expect(waiting.has(place)).toBe(true);
          expect(begun.has(place)).toBe(false);
          begun.add(place);
        }
      };
      const broken: string[] = [];
      desk.manager.on('error', ({ error }) => {
        if (String(error) !== 'Error: no') broken.push(String(error));
      });
      const ahead = new ReadAhead({ client: desk.manager.forOwner('reader'), parsing: {} });
      for (const one of steps) {
        switch (one.kind) {
          case 'arrive':
            for (let count = 0; count < one.files; count += 1) {
              const file = upload();
              waiting.set(file.staged, file);
              ahead.arrived(file);
            }
            break;
          case 'leave':
            // A job that has been asked for begins with what it was given.
            await settle();
            for (const file of [...waiting.values()].slice(0, one.files)) {
              waiting.delete(file.staged);
              ahead.left(file);
            }
            break;
          case 'pause':
            await ahead.pause();
            isPaused = true;
            expect(desk.current).toBe(undefined);
            break;
          case 'pauseAndResume': {
            const pausing = ahead.pause();
            isPaused = false;
            ahead.resume();
            await pausing;
            break;
          }
          case 'resume':
            isPaused = false;
            ahead.resume();
            break;
          case 'settle':
            await settle();
            break;
          default:
            desk.end(one.kind);
        }
      }
      isPaused = false;
      ahead.resume();
      await settle();
      while (desk.current !== undefined) {
        desk.end('succeed');
        await settle();
      }
      expect([...waiting.keys()].filter((place) => !begun.has(place))).toEqual([]);
      expect(broken).toEqual([]);
      await desk.manager.shutdown();
    }),
    { numRuns: 60 },
  );
});

test('D2 where reading ahead is refused, nothing is lost but the head start', async () => {
  const desk = new Desk();
  const client = desk.manager.forOwner('reader');
  await desk.manager.shutdown();
  const ahead = new ReadAhead({ client, parsing: {} });
  ahead.arrived(upload());
  await settle();
  await ahead.pause();
  ahead.resume();
  expect(desk.current).toBe(undefined);
});
