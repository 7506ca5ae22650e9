import { simulatedClock } from '@offstage/core/testing';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JobRecord } from '../records/job-record.ts';
import { SharedLooks } from '../records/shared-looks.ts';
import type { ChannelListener, Channels } from '../redis/channel.ts';
import { OwnerHints } from './owner-hints.ts';
import { Waits } from './waits.ts';

const id = 'a-job-with-an-id';
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Waits over a Redis whose job ends, or goes, when a test says so, and whose messages it may lose. */
function waiting() {
  const clock = simulatedClock();
  const heard = new Set<ChannelListener>();
  const channels = {
    listen(_name: string, listener: ChannelListener) {
      heard.add(listener);
      return () => void heard.delete(listener);
    },
  };
  const redis = { status: 'running', looks: 0 };
  const looks = new SharedLooks({
    clock,
    async lookAt(_owner, requests) {
      redis.looks += 1;
      await turn();
      const state = { status: redis.status, progress: null, stopReason: null, lastFailure: null };
      const record = { id, state } as unknown as JobRecord;
      return requests.map(() => (redis.status === 'gone' ? undefined : { record, events: [] }));
    },
  });
  const hints = new OwnerHints(channels as Channels);
  const waits = new Waits({ looks, hints, link: { isClosed: false }, clock });
  return { clock, heard, redis, looks, waits };
}

type Step =
  | 'wait'
  | 'leave'
  | 'turn'
  | 'second'
  | 'up'
  | 'down'
  | 'hint'
  | 'progress'
  | 'end'
  | 'lose';

test('E5 J17 whoever waits for a job learns how it ended, or that it went, and the last one leaves nothing behind', async () => {
  const steps = fc.constantFrom<Step>(
    ...([
      'wait',
      'wait',
      'leave',
      'turn',
      'turn',
      'second',
      'up',
      'down',
      'hint',
      'progress',
      'end',
      'lose',
    ] as const),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 40 }), async (all) => {
      const { clock, heard, redis, looks, waits } = waiting();
      const ends: Promise<void>[] = [];
      const leaving: AbortController[] = [];
      let left = 0;
      const tell = (text: string): void => {
        for (const listener of [...heard]) listener.onMessage(text);
      };
      const take = async (step: Step): Promise<void> => {
        if (step === 'wait') {
          const controller = new AbortController();
          leaving.push(controller);
          ends.push(
            waits.wait('alice', id, { signal: controller.signal }).then(
              (view) => {
                left += 1;
                expect(view.status).toBe('succeeded');
                expect(redis.status).toBe('succeeded');
              },
              (error) => {
                left += 1;
                if (controller.signal.aborted) expect(error).toBe(controller.signal.reason);
                else expect(error).toMatchObject({ code: 'not_found' });
              },
            ),
          );
        } else if (step === 'leave') leaving.shift()?.abort(new Error('left'));
        else if (step === 'second') await clock.advance(1000);
        else if (step === 'up' || step === 'down') {
          for (const listener of [...heard]) listener.onUp?.(step === 'up');
        } else if (step === 'hint') tell(`c${id}`);
        else if (step === 'progress') tell(`p${id}`);
        // With its message, or without.
        else if (step === 'end' || step === 'lose') {
          if (redis.status === 'running') redis.status = 'succeeded';
          if (step === 'end') tell(`S${id}`);
        }
        await (step === 'turn' ? turn() : Promise.resolve());
      };
      for (const step of all) await take(step);
      if (redis.status === 'running') redis.status = all.length % 2 === 0 ? 'succeeded' : 'gone';
      while (left < ends.length) {
        await clock.advance(1000);
        await turn();
      }
      await Promise.all(ends);
      for (let rest = 0; rest < 4; rest += 1) await turn();
      expect([waits.size, looks.size, heard.size, clock.pending]).toEqual([0, 0, 0, 0]);
    }),
    { numRuns: 200 },
  );
});

test('E3 those who wait for a job look together, after a hint and once a second', async () => {
  const { clock, heard, redis, waits } = waiting();
  const ends = Array.from({ length: 50 }, () => waits.wait('alice', id, {}));
  for (let rest = 0; rest < 4; rest += 1) await turn();
  expect(redis.looks).toBe(1);
  expect(heard.size).toBe(1);
  const settle = async () => {
    for (let rest = 0; rest < 4; rest += 1) await turn();
  };
  for (const listener of heard) listener.onMessage(`p${id}`);
  await settle();
  expect(redis.looks).toBe(1);
  for (const listener of heard) listener.onMessage(`c${id}`);
  await settle();
  expect(redis.looks).toBe(2);
  await clock.advance(1000);
  await settle();
  expect(redis.looks).toBe(3);
  redis.status = 'succeeded';
  for (const listener of heard) listener.onMessage(`S${id}`);
  await Promise.all(ends);
  expect(redis.looks).toBe(4);
});

test('J17 who leaves while Redis has no answer leaves at once, and what has ended is found however short the time', async () => {
  const { clock, redis, waits } = waiting();
  const leaving = new AbortController();
  const left = waits.wait('alice', id, { signal: leaving.signal });
  leaving.abort(new Error('left'));
  await expect(left).rejects.toThrow('left');
  const late = waits.wait('alice', id, { timeoutMs: 0 });
  const isLate = expect(late).rejects.toMatchObject({ code: 'wait_timeout' });
  for (let rest = 0; rest < 4; rest += 1) await turn();
  await clock.advance(0);
  await isLate;
  redis.status = 'succeeded';
  expect((await waits.wait('alice', id, { timeoutMs: 0 })).status).toBe('succeeded');
  expect([waits.size, clock.pending]).toEqual([0, 0]);
});
