import { describe, expect, test, vi } from 'vitest';
import { OffstageError } from '../foundation/errors.ts';
import { frameScheduler, type NotifyScheduler } from '../foundation/listeners.ts';
import { ScriptedClient, scriptedPage } from '../testing/scripted-client.ts';
import { settle, simulatedClock } from '../testing/simulated-clock.ts';
import { JobObserver, type JobObserverOptions } from './job-observer.ts';
import { Poller } from './poller.ts';

function setup({ notify, pushes = false }: { notify?: NotifyScheduler; pushes?: boolean } = {}) {
  const client = new ScriptedClient({ pushes });
  const clock = simulatedClock();
  const page = scriptedPage();
  const poller = new Poller(client, { clock, random: () => 1, visibility: page });
  const observe = (
    id: string | undefined,
    options: JobObserverOptions = {},
    replaces?: JobObserver,
  ) => new JobObserver(client, id, options, { poller, notify, replaces });
  return { client, clock, page, poller, observe };
}

const nothing = () => undefined;

describe('snapshots', () => {
  test('U1 a snapshot says in words what the job is doing', async () => {
    const { client, clock, observe } = setup();
    client.put('a');
    const observer = observe('a');
    expect(observer.getSnapshot()).toMatchObject({
      job: undefined,
      status: undefined,
      percent: null,
      phase: undefined,
      message: '',
      events: [],
      missed: 0,
      isPending: true,
      isActive: false,
      isTerminal: false,
      isCanceling: false,
      isPaused: false,
      failureCount: 0,
    });
    observer.subscribe(nothing);
    client.report('a', 12.5);
    await settle();
    expect(observer.getSnapshot()).toMatchObject({
      status: 'running',
      percent: 12.5,
      phase: 'work',
      message: 'step 1',
      isPending: false,
      isActive: true,
    });
    client.put('a', { status: 'succeeded', result: { pages: 3 } });
    await clock.advance(1000);
    expect(observer.getSnapshot()).toMatchObject({
      status: 'succeeded',
      result: { pages: 3 },
      failure: undefined,
      isActive: false,
      isTerminal: true,
    });
  });

  test('U6 U7 the snapshot is the same object, and nobody is called, until something changed', async () => {
    const { client, clock, observe } = setup();
    client.put('a');
    client.report('a', 10);
    const observer = observe('a');
    const listener = vi.fn();
    observer.subscribe(listener);
    await settle();
    expect(listener).toHaveBeenCalledTimes(1);
    const snapshot = observer.getSnapshot();
    await clock.advance(10_000);
    expect(client.requests).toHaveLength(11);
    expect(observer.getSnapshot()).toBe(snapshot);
    expect(listener).toHaveBeenCalledTimes(1);
    client.report('a', 10);
    await clock.advance(1000);
    expect(observer.getSnapshot()).not.toBe(snapshot);
    expect(observer.getSnapshot().cancel).toBe(snapshot.cancel);
    expect(listener).toHaveBeenCalledTimes(2);
  });

  test('U6 U7 a terminal job that is looked at again changes nothing', async () => {
    const { client, observe } = setup();
    client.put('a', { status: 'succeeded', result: { big: [1, 2, 3] } });
    const observer = observe('a');
    observer.subscribe(nothing);
    await settle();
    const snapshot = observer.getSnapshot();
    await observer.refetch();
    expect(observer.getSnapshot()).toBe(snapshot);
  });

  test('U6 however fast events come, listeners hear of them once per frame', async () => {
    const frames: (() => void)[] = [];
    const { client, clock, observe } = setup({
      pushes: true,
      notify: (notify) => frames.push(notify),
    });
    client.put('a');
    const observer = observe('a');
    const listener = vi.fn();
    observer.subscribe(listener);
    for (let index = 0; index < 20; index++) {
      client.report('a', index);
      await clock.advance(50);
    }
    expect(client.requests.length).toBeGreaterThan(15);
    expect(frames).toHaveLength(1);
    expect(listener).not.toHaveBeenCalled();
    frames.shift()?.();
    expect(listener).toHaveBeenCalledTimes(1);
    expect(observer.getSnapshot().percent).toBe(19);
  });

  test('U6 the frame scheduler notifies with a frame, or in time where none is drawn', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const frames: (() => void)[] = [];
    vi.stubGlobal('requestAnimationFrame', (callback: () => void) => frames.push(callback));
    vi.stubGlobal('cancelAnimationFrame', () => frames.pop());
    try {
      const notify = vi.fn();
      frameScheduler(notify);
      frames.shift()?.();
      vi.advanceTimersByTime(1000);
      expect(notify).toHaveBeenCalledTimes(1);
      frameScheduler(notify);
      vi.advanceTimersByTime(1000);
      expect(notify).toHaveBeenCalledTimes(2);
      expect(frames).toHaveLength(0);
    } finally {
      vi.unstubAllGlobals();
      vi.useRealTimers();
    }
  });

  test('U6 a server shows initialData or the pending state, and hydration starts from it', async () => {
    const { client, observe } = setup();
    const view = client.put('a');
    const rendered = observe('a', { initialData: view });
    expect(rendered.getSnapshot()).toMatchObject({ status: 'running', isPending: false });
    const first = rendered.getInitialSnapshot();
    rendered.subscribe(nothing);
    client.report('a', 5);
    await settle();
    expect(rendered.getInitialSnapshot()).toBe(first);
    expect(rendered.getSnapshot().percent).toBe(5);
    expect(observe('a').getInitialSnapshot().isPending).toBe(true);
    expect(observe('b', { initialData: view }).getInitialSnapshot().job).toBeUndefined();
  });

  test('U1 a listener that throws harms no other', async () => {
    const { client, observe } = setup();
    client.put('a');
    const observer = observe('a');
    const deferred: (() => void)[] = [];
    const original = globalThis.queueMicrotask;
    const other = vi.fn();
    observer.subscribe(() => {
      // What is thrown is thrown again by itself; it is caught here, where a page would report it.
      vi.stubGlobal('queueMicrotask', (callback: () => void) => deferred.push(callback));
      throw new Error('mine');
    });
    observer.subscribe(() => {
      vi.stubGlobal('queueMicrotask', original);
      other();
    });
    await settle();
    vi.unstubAllGlobals();
    expect(other).toHaveBeenCalledTimes(1);
    expect(deferred).toHaveLength(1);
    expect(deferred[0]).toThrow('mine');
  });

  test.each([
    { pollInterval: 0 },
    { pollInterval: Number.NaN },
    { maxEvents: -1 },
    { maxEvents: 1.5 },
    { transport: 'fax' as 'poll' },
  ])('U1 an option out of range is refused: %j', (options) => {
    const { observe } = setup();
    expect(() => observe('a', options)).toThrow(
      expect.objectContaining({ code: 'invalid_option' }),
    );
    const observer = observe('a');
    expect(() => observer.setOptions(options)).toThrow(OffstageError);
  });
});

describe('reading', () => {
  test('U5 without a subscriber nothing is read, and leaving cancels no job', async () => {
    const { client, clock, observe } = setup();
    client.put('a');
    const observer = observe('a');
    await clock.advance(10_000);
    expect(client.requests).toHaveLength(0);
    const stop = observer.subscribe(nothing);
    await settle();
    stop();
    await clock.advance(10_000);
    expect(client.requests).toHaveLength(1);
    expect(client.canceled).toEqual([]);
    expect(observer.getSnapshot().status).toBe('running');
  });

  test('U1 with no id, or not enabled, nothing is read', async () => {
    const { client, clock, observe } = setup();
    client.put('a');
    const idle = observe(undefined);
    const disabled = observe('a', { enabled: false });
    for (const observer of [idle, disabled]) observer.subscribe(nothing);
    await clock.advance(5000);
    expect(client.requests).toHaveLength(0);
    expect(idle.getSnapshot().isPending).toBe(false);
    expect(disabled.getSnapshot().isPending).toBe(false);
    expect(await idle.cancel()).toBe(false);
    expect(await idle.consume()).toBe(false);
    await idle.refetch();
    disabled.setOptions({ enabled: true });
    expect(disabled.getSnapshot().isPending).toBe(true);
    await settle();
    expect(disabled.getSnapshot().status).toBe('running');
    disabled.setOptions({ enabled: false });
    await clock.advance(5000);
    expect(client.requests).toHaveLength(1);
    expect(disabled.getSnapshot().status).toBe('running');
  });

  test('U5 an observer of the next id never shows the state of the job before', async () => {
    const { client, observe } = setup();
    client.put('a', { status: 'succeeded', result: 'of a' });
    client.report('a', 90);
    client.put('b');
    const observer = observe('a');
    const stop = observer.subscribe(nothing);
    await settle();
    const ofA = observer.getSnapshot();
    const next = observe('b', {}, observer);
    expect(next.getSnapshot()).toMatchObject({
      job: undefined,
      result: undefined,
      percent: null,
      events: [],
      isPending: true,
    });
    next.subscribe(nothing);
    stop();
    await settle();
    expect(next.getSnapshot().job?.id).toBe('b');
    expect(await ofA.cancel()).toBe(false);
    expect(client.canceled).toEqual([]);
    const none = observe(undefined, {}, next);
    expect(none.getSnapshot()).toMatchObject({ job: undefined, isPending: false });
  });

  test('U5 an observer that was left hears no answer that was on its way', async () => {
    const { client, observe } = setup();
    client.put('a', { status: 'succeeded' });
    client.put('b');
    const release: (() => void)[] = [];
    client.gate = () => new Promise<void>((resolve) => release.push(resolve));
    const onSettled = vi.fn();
    const observer = observe('a', { onSettled });
    const stop = observer.subscribe(nothing);
    await settle();
    const next = observe('b', { onSettled }, observer);
    next.subscribe(nothing);
    stop();
    release.shift()?.();
    await settle();
    expect(observer.getSnapshot()).toMatchObject({ job: undefined });
    expect(next.getSnapshot()).toMatchObject({ job: undefined, isPending: true });
    expect(onSettled).not.toHaveBeenCalled();
    release.shift()?.();
    await settle();
    expect(next.getSnapshot().job?.id).toBe('b');
  });

  test('U3 a running job that is gone is not shown as running any more', async () => {
    const { client, clock, observe } = setup();
    client.put('a');
    const onError = vi.fn();
    const observer = observe('a', { onError });
    observer.subscribe(nothing);
    await settle();
    client.remove('a');
    await clock.advance(1000);
    expect(observer.getSnapshot()).toMatchObject({
      job: undefined,
      isActive: false,
      error: { code: 'not_found' },
    });
    expect(onError).toHaveBeenCalledTimes(1);
  });

  test('U5 a job that is gone is lost: said so, and told once, whoever comes and goes', async () => {
    const { client, clock, observe } = setup();
    const view = client.put('a');
    const [onLost, onSettled] = [vi.fn(), vi.fn()];
    const options = { onLost, onSettled, initialData: view };
    const observer = observe('a', options);
    observer.subscribe(nothing)();
    const stop = observer.subscribe(nothing);
    await settle();
    expect(observer.getSnapshot()).toMatchObject({ isLost: false, isActive: true });
    client.remove('a');
    await clock.advance(1000);
    const lost = { isLost: true, isPending: false, isActive: false, isTerminal: false };
    expect(observer.getSnapshot()).toMatchObject({ ...lost, error: { code: 'not_found' } });
    expect(onLost.mock.calls).toEqual([['a']]);
    const requests = client.requests.length;
    await clock.advance(60_000);
    expect(client.requests).toHaveLength(requests);
    stop();
    observer.subscribe(nothing);
    await observer.refetch();
    const again = observe('a', options, observe('b', options, observer));
    again.subscribe(nothing);
    await settle();
    expect(again.getSnapshot()).toMatchObject(lost);
    expect(onLost).toHaveBeenCalledTimes(1);
    expect(onSettled).not.toHaveBeenCalled();
  });

  test('U5 a job that was lost and is there again goes on, and settles', async () => {
    const { client, observe } = setup();
    const onSettled = vi.fn();
    const observer = observe('a', { onSettled });
    observer.subscribe(nothing);
    await settle();
    expect(observer.getSnapshot().isLost).toBe(true);
    client.put('a', { status: 'succeeded', result: 7 });
    await observer.refetch();
    expect(observer.getSnapshot()).toMatchObject({ isLost: false, result: 7, error: undefined });
    expect(onSettled).toHaveBeenCalledTimes(1);
  });

  test('U5 an end that a list told of is lost with its result', async () => {
    const { client, observe } = setup();
    const listed = client.put('a', { status: 'succeeded' });
    client.remove('a');
    const [onLost, onSettled] = [vi.fn(), vi.fn()];
    const observer = observe('a', { initialData: listed, onLost, onSettled });
    observer.subscribe(nothing);
    await settle();
    expect(observer.getSnapshot()).toMatchObject({ isLost: true, status: 'succeeded' });
    expect(onLost).toHaveBeenCalledTimes(1);
    expect(onSettled).not.toHaveBeenCalled();
  });

  test('U5 a job that has ended stays on the screen when it is consumed', async () => {
    const { client, observe } = setup();
    client.put('a', { status: 'succeeded', result: 7 });
    const observer = observe('a');
    observer.subscribe(nothing);
    await settle();
    expect(await observer.consume()).toBe(true);
    expect(await observer.consume()).toBe(false);
    await observer.refetch();
    expect(observer.getSnapshot()).toMatchObject({ result: 7, error: undefined });
  });

  test('U1 refetch looks once, also without a subscriber or while polling is disabled', async () => {
    const { client, clock, page, observe } = setup();
    client.put('a');
    page.hide();
    const observer = observe('a', { enabled: false });
    await observer.refetch();
    expect(observer.getSnapshot().status).toBe('running');
    await clock.advance(5000);
    expect(client.requests).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});

describe('settling', () => {
  test('U5 onSettled is called once, through subscribe, unsubscribe, subscribe', async () => {
    const { client, clock, observe } = setup();
    client.put('a');
    const onSettled = vi.fn();
    const observer = observe('a', { onSettled });
    observer.subscribe(nothing)();
    const stop = observer.subscribe(nothing);
    await settle();
    expect(client.requests).toHaveLength(1);
    client.put('a', { status: 'failed', failure: { code: 'x', message: 'X', reference: 'r' } });
    await clock.advance(1000);
    expect(onSettled).toHaveBeenCalledTimes(1);
    expect(onSettled.mock.calls[0]?.[0]).toMatchObject({
      status: 'failed',
      failure: { code: 'x' },
    });
    stop();
    observer.subscribe(nothing);
    await observer.refetch();
    await clock.advance(5000);
    expect(onSettled).toHaveBeenCalledTimes(1);
  });

  test('U5 onSettled is called for a job that was over before the first look', async () => {
    const { client, observe } = setup();
    const view = client.put('a', { status: 'canceled' });
    const onSettled = vi.fn();
    observe('a', { onSettled }).subscribe(nothing);
    expect(onSettled).not.toHaveBeenCalled();
    await settle();
    expect(onSettled).toHaveBeenCalledTimes(1);
    const requests = client.requests.length;
    const hydrated = observe('a', { onSettled, initialData: view });
    hydrated.subscribe(nothing)();
    await settle();
    expect(onSettled).toHaveBeenCalledTimes(1);
    hydrated.subscribe(nothing);
    hydrated.subscribe(nothing);
    await settle();
    expect(onSettled).toHaveBeenCalledTimes(2);
    expect(client.requests).toHaveLength(requests);
  });

  test('U5 an observer that takes the place of another tells no end twice', async () => {
    const { client, poller } = setup();
    client.put('a', { status: 'succeeded' });
    client.put('b', { status: 'failed' });
    const settled: string[] = [];
    const options: JobObserverOptions = { onSettled: (job) => settled.push(job.id) };
    let observer = new JobObserver(client, 'a', options, { poller });
    for (const id of ['b', 'a', 'b']) {
      const stop = observer.subscribe(nothing);
      await settle();
      stop();
      observer = new JobObserver(client, id, options, { poller, replaces: observer });
    }
    observer.subscribe(nothing);
    await settle();
    expect(settled).toEqual(['a', 'b']);
  });

  test('U5 onSettled may observe the same job, and that observer sees it too', async () => {
    const { client, clock, observe } = setup();
    client.put('a', { status: 'succeeded' });
    client.report('a', 100);
    const second = observe('a');
    observe('a', { onSettled: () => void second.subscribe(nothing) }).subscribe(nothing);
    await settle();
    expect(second.getSnapshot()).toMatchObject({ status: 'succeeded', events: [{ seq: 1 }] });
    expect(clock.pending).toBe(0);
  });

  test('U5 one who is stopped by the callback of another hears no more', async () => {
    const { client, observe } = setup();
    client.put('a', { status: 'succeeded' });
    const stops: (() => void)[] = [];
    observe('a', { onSettled: () => stops.pop()?.() }).subscribe(nothing);
    const onSettled = vi.fn();
    const second = observe('a', { onSettled });
    stops.push(second.subscribe(nothing));
    await settle();
    expect(stops).toEqual([]);
    expect(second.getSnapshot().isPending).toBe(true);
    expect(onSettled).not.toHaveBeenCalled();
  });

  test('J1 U5 a job that has ended is never shown as running again', async () => {
    const { client, observe } = setup();
    const end = client.put('a', { status: 'succeeded', result: 1 });
    client.put('a', { status: 'running', result: undefined });
    const observer = observe('a', { initialData: end });
    const snapshot = observer.getSnapshot();
    await observer.refetch();
    expect(client.requests).toHaveLength(1);
    expect(observer.getSnapshot()).toBe(snapshot);
  });

  test('P5 U5 all events of a job that has ended are read before looking stops', async () => {
    const { client, clock, observe } = setup();
    client.ringSize = 1000;
    client.put('a');
    for (let index = 0; index < 150; index++) client.report('a');
    client.put('a', { status: 'succeeded' });
    const observer = observe('a');
    observer.subscribe(nothing);
    await settle();
    expect(observer.getSnapshot().events.at(-1)?.seq).toBe(150);
    expect(observer.getSnapshot().events).toHaveLength(100);
    expect(clock.pending).toBe(0);
  });
});

describe('canceling', () => {
  test('U1 isCanceling shows from the click on, through older views, until the end', async () => {
    const { client, clock, observe } = setup();
    client.put('a');
    const observer = observe('a', { pollInterval: 60_000 });
    observer.subscribe(nothing);
    await settle();
    const first = observer.cancel();
    expect(observer.getSnapshot().isCanceling).toBe(true);
    expect(observer.cancel()).toBe(first);
    expect(await first).toBe(true);
    expect(client.canceled).toEqual(['a']);
    await settle();
    expect(observer.getSnapshot()).toMatchObject({
      isCanceling: true,
      job: { cancelRequested: true },
    });
    client.put('a', { status: 'canceled' });
    await clock.advance(60_000);
    expect(observer.getSnapshot()).toMatchObject({ isCanceling: false, status: 'canceled' });
    expect(await observer.cancel()).toBe(false);
  });

  test('U1 isCanceling is not taken back by a view that was made before the cancel', async () => {
    const { client, clock, observe } = setup();
    client.put('a');
    const observer = observe('a');
    observer.subscribe(nothing);
    await settle();
    let release = (): void => undefined;
    client.gate = (request) =>
      request.startsWith('poll')
        ? new Promise<void>((resolve) => {
            release = () => resolve();
          })
        : Promise.resolve();
    client.report('a', 10);
    await clock.advance(1000);
    expect(await observer.cancel()).toBe(true);
    release();
    await settle();
    expect(observer.getSnapshot()).toMatchObject({
      percent: 10,
      job: { cancelRequested: false },
      isCanceling: true,
    });
  });

  test('U1 a cancel that fails rejects nobody: it resolves false and shows the error', async () => {
    const { client, clock, observe } = setup();
    client.put('a');
    const onError = vi.fn();
    const observer = observe('a', { onError });
    observer.subscribe(nothing);
    await settle();
    client.failure = new OffstageError('unavailable', 'Down.');
    expect(await observer.cancel()).toBe(false);
    expect(observer.getSnapshot()).toMatchObject({
      isCanceling: false,
      isActive: true,
      error: { code: 'unavailable' },
    });
    expect(onError).toHaveBeenCalled();
    client.failure = undefined;
    await clock.advance(30_000);
    expect(observer.getSnapshot().error).toBeUndefined();
  });
});
