import { afterEach, expect, test, vi } from 'vitest';
import { OffstageError } from '../foundation/errors.ts';
import { ScriptedClient } from '../testing/scripted-client.ts';
import { settle, simulatedClock } from '../testing/simulated-clock.ts';
import { JobObserver } from './job-observer.ts';
import { Poller } from './poller.ts';
import { pageVisibility } from './visibility.ts';

afterEach(() => vi.unstubAllGlobals());

function browser() {
  const view = new EventTarget();
  const document = Object.assign(new EventTarget(), {
    visibilityState: 'visible',
    defaultView: view,
  });
  vi.stubGlobal('document', document);
  return {
    goOnline: () => view.dispatchEvent(new Event('online')),
    show(visibilityState: 'visible' | 'hidden') {
      document.visibilityState = visibilityState;
      document.dispatchEvent(new Event('visibilitychange'));
    },
  };
}

test('U3 a network that is back has everything looked at, also what was backing off', async () => {
  const { goOnline } = browser();
  const client = new ScriptedClient();
  const clock = simulatedClock();
  const poller = new Poller(client, { clock, random: () => 1 });
  client.put('a');
  client.failure = new OffstageError('unavailable', 'offline');
  const observer = new JobObserver(client, 'a', {}, { poller });
  const stop = observer.subscribe(() => undefined);
  await settle();
  await clock.advance(60_000);
  client.failure = undefined;
  goOnline();
  await settle();
  expect(observer.getSnapshot()).toMatchObject({ status: 'running', failureCount: 0 });
  const count = client.requests.length;
  goOnline();
  await settle();
  expect(client.requests).toHaveLength(count + 1);
  stop();
  goOnline();
  await settle();
  expect(client.requests).toHaveLength(count + 1);
});

test('U3 the page tells when it is hidden and shown, until it is left', () => {
  const { show, goOnline } = browser();
  const changed = vi.fn();
  const stop = pageVisibility.subscribe(changed);
  show('hidden');
  expect(pageVisibility.isHidden()).toBe(true);
  show('visible');
  expect(pageVisibility.isHidden()).toBe(false);
  expect(changed).toHaveBeenCalledTimes(2);
  stop();
  show('hidden');
  goOnline();
  expect(changed).toHaveBeenCalledTimes(2);
});

test('U3 where there is no document the page always shows', () => {
  expect(pageVisibility.isHidden()).toBe(false);
  expect(() => pageVisibility.subscribe(() => undefined)()).not.toThrow();
});
