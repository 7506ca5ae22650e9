import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maxBackoffMs } from '../foundation/backoff.ts';
import type { JobView } from '../jobs/job-view.ts';
import { pollerKit } from '../testing/poller-kit.ts';
import { settle } from '../testing/simulated-clock.ts';

test('U3 U4 U5 whatever happens in whatever order, the poller ends in order', async () => {
  const action = fc.oneof(
    fc.record({ type: fc.constantFrom('subscribe', 'unsubscribe'), who: fc.nat(2) }),
    fc.record({
      type: fc.constant('switch' as const),
      who: fc.nat(2),
      id: fc.constantFrom('a', 'b'),
    }),
    fc.record({ type: fc.constantFrom('hide', 'show', 'fail', 'recover', 'report', 'hint') }),
    fc.record({ type: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 40_000 }) }),
    fc.record({ type: fc.constantFrom('refetch', 'cancel'), who: fc.nat(2) }),
    fc.record({ type: fc.constant('end' as const), id: fc.constantFrom('a', 'b') }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.boolean(),
      fc.array(action, { maxLength: 30 }),
      async (scheduler, pushes, actions) => {
        const { client, clock, page, poller, observe } = pollerKit({ pushes });
        client.gate = (request) => scheduler.schedule(Promise.resolve(), request);
        client.put('a');
        client.put('b');
        const settledIds: string[][] = [[], [], []];
        const optionsOf = (ids: string[]) => ({ onSettled: (job: JobView) => ids.push(job.id) });
        const observers = settledIds.map((ids) => observe('a', optionsOf(ids)));
        const stops: (() => void)[][] = [[], [], []];
        const check = () => {
          for (const observer of observers) {
            const { job } = observer.getSnapshot();
            expect(job === undefined || job.id === observer.jobId).toBe(true);
          }
          expect(client.maxInFlight).toBeLessThanOrEqual(1);
        };
        for (const step of actions) {
          const who = 'who' in step ? step.who : 0;
          const observer = observers[who];
          if (step.type === 'subscribe') {
            const stop = observer?.subscribe(check);
            if (stop !== undefined) stops[who]?.push(stop);
          } else if (step.type === 'unsubscribe') stops[who]?.pop()?.();
          else if (step.type === 'switch' && 'id' in step) {
            const next = observe(step.id, optionsOf(settledIds[who] ?? []), observer);
            const subscribed = stops[who] ?? [];
            stops[who] = subscribed.map(() => next.subscribe(check));
            for (const stop of subscribed) stop();
            observers[who] = next;
          } else if (step.type === 'hide') page.hide();
          else if (step.type === 'show') page.show();
          else if (step.type === 'fail') client.failure = new TypeError('down');
          else if (step.type === 'recover') client.failure = undefined;
          else if (step.type === 'report') client.report('a');
          else if (step.type === 'hint') client.hint('b');
          else if (step.type === 'end' && 'id' in step)
            client.put(step.id, { status: 'succeeded' });
          else if (step.type === 'refetch') void observer?.refetch();
          else if (step.type === 'cancel') void observer?.cancel();
          else if ('ms' in step) await clock.advance(step.ms);
          check();
          if (scheduler.count() > 0 && step.type !== 'advance') await scheduler.waitOne();
          await settle();
        }
        // In the end all is well again, and everyone sees the end of its job, and each once.
        client.failure = undefined;
        page.show();
        client.put('a', { status: 'succeeded' });
        client.put('b', { status: 'succeeded' });
        const held = observers.map((observer) => observer.subscribe(check));
        for (let round = 0; round < 5; round++) {
          await scheduler.waitIdle();
          await clock.advance(maxBackoffMs);
        }
        for (const [index, observer] of observers.entries()) {
          const ids = settledIds[index] ?? [];
          expect(observer.getSnapshot()).toMatchObject({ status: 'succeeded', isPaused: false });
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids).toContain(observer.jobId);
        }
        for (const stop of [...held, ...stops.flat()]) stop();
        await scheduler.waitIdle();
        await settle();
        expect(poller.size).toBe(0);
        expect(clock.pending).toBe(0);
        expect(page.listeners).toBe(0);
        expect(client.watchers).toBe(0);
      },
    ),
    { numRuns: 150 },
  );
});
