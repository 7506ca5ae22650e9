import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Announcer } from './announcer.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => vi.useRealTimers());

test('D11 progress is announced at first, then every five seconds, and a change at once', () => {
  const announcer = new Announcer();
  const said: string[] = [];
  announcer.subscribe((text) => said.push(text));
  for (let second = 0; second <= 10; second += 1) {
    announcer.sayProgress(`Reading, ${second} percent`);
    vi.advanceTimersByTime(1000);
  }
  announcer.say('Canceling');
  announcer.sayProgress('Reading, 11 percent');
  expect(said).toEqual([
    '',
    'Reading, 0 percent',
    'Reading, 5 percent',
    'Reading, 10 percent',
    'Canceling',
  ]);
});

test('D11 what is said twice is read out twice', () => {
  const announcer = new Announcer();
  announcer.say('Cleared');
  const first = announcer.get();
  announcer.say('Cleared');
  expect(announcer.get().trim()).toBe('Cleared');
  expect(announcer.get()).not.toBe(first);
});
