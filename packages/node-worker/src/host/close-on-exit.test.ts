import { describe, expect, test } from 'vitest';
import { closeOnExit } from './close-on-exit.ts';

const events = ['SIGINT', 'SIGTERM', 'beforeExit'] as const;
const listeners = (): number[] => events.map((event) => process.listenerCount(event));

function closable(): { shutdowns: number[]; shutdown(o: { graceMs: number }): Promise<void> } {
  const shutdowns: number[] = [];
  return {
    shutdowns,
    async shutdown({ graceMs }) {
      shutdowns.push(graceMs);
    },
  };
}

describe('closeOnExit', () => {
  test('W8 any number of managers share three listeners, and leave none', () => {
    const before = listeners();
    const stops = Array.from({ length: 50 }, () => closeOnExit(closable()));
    expect(listeners()).toEqual(before.map((count) => count + 1));
    for (const stop of stops) stop();
    expect(listeners()).toEqual(before);
    stops[0]?.();
    expect(listeners()).toEqual(before);
  });

  test('W8 it can be disposed, which does not shut down', async () => {
    const before = listeners();
    const manager = closable();
    {
      using _ = closeOnExit(manager);
      expect(listeners()).not.toEqual(before);
    }
    expect(listeners()).toEqual(before);
    await Promise.resolve();
    expect(manager.shutdowns).toEqual([]);
  });

  test("W8 a development server's restart shuts the earlier manager down", async () => {
    const before = listeners();
    const managers = [closable(), closable(), closable()];
    const stops = managers.map((manager) => closeOnExit(manager, { name: 'jobs', graceMs: 7 }));
    const other = closable();
    const stopOther = closeOnExit(other, { name: 'other' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(managers.map((manager) => manager.shutdowns)).toEqual([[7], [7], []]);
    expect(other.shutdowns).toEqual([]);
    expect(listeners()).toEqual(before.map((count) => count + 1));
    for (const stop of stops) stop();
    stopOther();
    expect(listeners()).toEqual(before);
  });

  test('W8 with nothing left to do, each is shut down once', async () => {
    const manager = closable();
    const stop = closeOnExit(manager);
    process.emit('beforeExit', 0);
    process.emit('beforeExit', 0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(manager.shutdowns).toEqual([5000]);
    stop();
  });
});
