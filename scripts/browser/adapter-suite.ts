import type { JobClient, JobView } from '@offstage/core';
import type { JobObserverOptions, JobObserverState } from '@offstage/core/observe';
import { HttpJobClient } from '@offstage/http/client';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openTestBed } from './bed-client.ts';
import { type CountingClient, stage } from './stage.ts';

/** What a component of the suite is to show. */
export interface AdapterProps {
  readonly client: JobClient;
  readonly id: string | undefined;
  readonly options?: JobObserverOptions;
}

/** What one render of a component saw. */
export interface AdapterRender {
  readonly id: string | undefined;
  readonly state: JobObserverState;
}

export interface MountedAdapter {
  /** Shows another job, in the component that stands. */
  show(id: string | undefined): void | Promise<void>;
  unmount(): void | Promise<void>;
}

export interface HydratedAdapter {
  readonly target: HTMLElement;
  /** What the framework complained of. */
  readonly problems: readonly unknown[];
  /** The server's elements are still those of the page. */
  isKept(): boolean;
  unmount(): void | Promise<void>;
}

/** One framework, in the hands of the suite. */
export interface AdapterDriver {
  readonly name: string;
  /**
   * Mounts a component that watches a job, and notes what each render sees. `twice` has it come, go and
   * come within one turn, as the framework may do by itself: StrictMode, KeepAlive or what is next to it.
   */
  mount(
    props: AdapterProps,
    note: (render: AdapterRender) => void,
    twice: boolean,
  ): MountedAdapter | Promise<MountedAdapter>;
  /** Mounts one component for each id, in one page. */
  mountMany(
    props: Omit<AdapterProps, 'id'>,
    ids: readonly string[],
  ): Pick<MountedAdapter, 'unmount'> | Promise<Pick<MountedAdapter, 'unmount'>>;
  /**
   * Hydrates what a server rendered of a component that shows status and message: without
   * `initialData` pending; with it running, with the message "File 4", at 40 percent.
   */
  hydrate(props: AdapterProps): HydratedAdapter | Promise<HydratedAdapter>;
  /** Mounts a button that starts `ingest` with `{ files: 1 }`, and is disabled while that is pending. */
  mountStart?(
    client: JobClient,
  ):
    | (Pick<MountedAdapter, 'unmount'> & { readonly target: Element })
    | Promise<Pick<MountedAdapter, 'unmount'> & { readonly target: Element }>;
}

const cleanups: (() => unknown)[] = [];

/** What every adapter does alike, in a real browser (U1, U2, U4 to U7). */
export function adapterSuite(driver: AdapterDriver): void {
  async function mount(
    client: JobClient,
    id: string | undefined,
    options: JobObserverOptions = {},
    twice = false,
  ) {
    const renders: AdapterRender[] = [];
    const note = (render: AdapterRender): void => void renders.push(render);
    const mounted = await driver.mount({ client, id, options }, note, twice);
    cleanups.push(() => mounted.unmount());
    const current = (): JobObserverState | undefined => renders.at(-1)?.state;
    return { ...mounted, renders, current };
  }

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });

  describe(`${driver.name}, as every adapter`, () => {
    test('U1 shows a job from its first look to its end', async () => {
      const { client, play } = stage();
      const job = await play();
      const shown = await mount(client, job.id);
      expect(shown.renders[0]?.state).toMatchObject({ isPending: true, percent: null });
      job.report({ phase: 'index', percent: 40, message: 'File 4' });
      const running = { status: 'running', percent: 40, phase: 'index', message: 'File 4' };
      await expect.poll(shown.current).toMatchObject(running);
      job.end({ version: 'v1' });
      const end = { status: 'succeeded', result: { version: 'v1' }, isTerminal: true };
      await expect.poll(shown.current).toMatchObject(end);
    });

    test('U1 cancels, and says so at once', async () => {
      const { client, play } = stage();
      const job = await play();
      const shown = await mount(client, job.id);
      await expect.poll(shown.current).toMatchObject({ isActive: true });
      const canceled = shown.current()?.cancel();
      await expect.poll(shown.current).toMatchObject({ isCanceling: true });
      expect(await canceled).toBe(true);
      job.obey();
      await expect.poll(shown.current).toMatchObject({ status: 'canceled', isCanceling: false });
      expect(client.cancels).toEqual([job.id]);
    });

    test.runIf(driver.mountStart)('U2 J3 a double click starts one job', async () => {
      const { client } = stage();
      const started = await driver.mountStart?.(client);
      cleanups.push(() => started?.unmount());
      const button = started?.target.querySelector('button');
      // Both within one task: nothing has been rendered between them.
      button?.click();
      button?.click();
      await expect.poll(() => client.list()).toHaveLength(1);
      // The end of the start has shown, with all that the second click could have begun.
      await expect.poll(() => button?.disabled).toBe(false);
      expect(await client.list()).toHaveLength(1);
      button?.click();
      await expect.poll(() => client.list()).toHaveLength(2);
    });

    test('U5 another id never shows the former job, also while a request is under way', async () => {
      const { client, play, poller } = stage();
      const jobs = await Promise.all(Array.from({ length: 5 }, play));
      for (const job of jobs) job.report({ phase: 'save', message: job.id });
      const release = hold(client);
      const shown = await mount(client, jobs[0]?.id);
      await expect.poll(() => client.polls.length).toBeGreaterThan(0);
      for (const job of jobs.slice(1)) await shown.show(job.id);
      release();
      await expect.poll(shown.current).toMatchObject({ message: jobs[4]?.id });
      await shown.show(jobs[1]?.id);
      await expect.poll(shown.current).toMatchObject({ message: jobs[1]?.id });
      await shown.show(undefined);
      await expect.poll(shown.current).toMatchObject({ job: undefined, isPending: false });
      for (const { id, state } of shown.renders) expect([undefined, id]).toContain(state.job?.id);
      await expect.poll(() => poller.size).toBe(0);
      expect(client.watchers).toBe(0);
    });

    test('U5 unmounting during a request cancels nothing, shows nothing and leaves nothing', async () => {
      const { client, play, poller } = stage();
      const job = await play();
      const release = hold(client);
      const onError = vi.fn();
      const shown = await mount(client, job.id, { onError });
      await expect.poll(() => client.polls.length).toBe(1);
      const { length } = shown.renders;
      await shown.unmount();
      release();
      await frames(3);
      expect(shown.renders).toHaveLength(length);
      expect([poller.size, client.watchers, client.cancels]).toEqual([0, 0, []]);
      expect(onError).not.toHaveBeenCalled();
      expect(await client.get(job.id)).toMatchObject({ status: 'running', cancelRequested: false });
    });

    for (const twice of [false, true]) {
      describe(twice ? 'mounted twice' : 'mounted once', () => {
        test('U4 U5 a mount costs one look, and settles once', async () => {
          const { client, play } = stage();
          const job = await play();
          const onSettled = vi.fn();
          const shown = await mount(client, job.id, { onSettled }, twice);
          await expect.poll(shown.current).toMatchObject({ isActive: true });
          await frames(2);
          expect(client.polls).toEqual([[job.id]]);
          expect(client.watchers).toBe(1);
          job.end({ version: 'v1' });
          await expect.poll(shown.current).toMatchObject({ isTerminal: true });
          await frames(2);
          expect(onSettled.mock.calls).toMatchObject([[{ result: { version: 'v1' } }]]);
        });

        test('U5 a job that was over before settles once, also when its id comes back', async () => {
          const { client, play } = stage();
          const [first, second] = [await play(), await play()];
          first.end({ version: '1' });
          second.end({ version: '2' });
          await Promise.all([client.wait(first.id), client.wait(second.id)]);
          const settled: string[] = [];
          const options: JobObserverOptions = { onSettled: (job) => settled.push(job.id) };
          const shown = await mount(client, first.id, options, twice);
          for (const id of [second.id, first.id, second.id]) {
            await expect.poll(shown.current).toMatchObject({ isTerminal: true });
            await shown.show(id);
          }
          await expect.poll(shown.current).toMatchObject({ result: { version: '2' } });
          await frames(2);
          expect(settled).toEqual([first.id, second.id]);
        });

        test('U5 a job that is gone is lost, and said so once', async () => {
          const { client } = stage();
          const [onLost, onSettled] = [vi.fn(), vi.fn()];
          const shown = await mount(client, 'of-another-life', { onLost, onSettled }, twice);
          const lost = { isLost: true, isPending: false, isActive: false };
          await expect.poll(shown.current).toMatchObject(lost);
          await shown.show(undefined);
          await shown.show('of-another-life');
          await expect.poll(shown.current).toMatchObject(lost);
          await frames(2);
          expect(onLost.mock.calls).toEqual([['of-another-life']]);
          expect(onSettled).not.toHaveBeenCalled();
        });
      });
    }

    test('U4 a hundred uses of one job, and of a hundred jobs, cost one request an interval', async () => {
      const { client, play } = stage();
      const ids = await Promise.all(Array.from({ length: 100 }, async () => (await play()).id));
      const options = { transport: 'poll', pollInterval: 60_000 } as const;
      const uses = ids.map(() => ids[0] ?? '');
      const one = await driver.mountMany({ client, options }, uses);
      await expect.poll(() => client.polls.length).toBe(1);
      await frames(3);
      expect(client.polls).toEqual([[ids[0]]]);
      await one.unmount();
      const many = await driver.mountMany({ client, options }, ids);
      await expect.poll(() => client.polls.slice(1).flat().length).toBe(100);
      await frames(3);
      expect(client.polls).toHaveLength(2);
      await many.unmount();
      const quick = await driver.mountMany(
        { client, options: { ...options, pollInterval: 5 } },
        uses,
      );
      await expect.poll(() => client.polls.length).toBeGreaterThan(6);
      await quick.unmount();
      for (const asked of client.polls.slice(2)) expect(asked).toEqual([ids[0]]);
    });

    test('U6 renders once a frame under a flood, and not at all when nothing changed', async () => {
      const { client, play } = stage();
      const job = await play();
      const shown = await mount(client, job.id);
      await expect.poll(shown.current).toMatchObject({ isActive: true });
      const before = shown.renders.length;
      const drawn = 20;
      for (let frame = 0; frame < drawn; frame++) {
        for (let step = 0; step < 100; step++) {
          job.report({ phase: 'index', percent: step, message: `${frame} ${step}` });
        }
        await frames(1);
      }
      await frames(5);
      const after = shown.renders.length;
      expect(after - before).toBeGreaterThan(0);
      expect(after - before).toBeLessThanOrEqual(drawn + 5);
      await frames(5);
      expect(shown.renders).toHaveLength(after);
    });

    test('U1 U5 initialData shows at once, for the job that it is of', async () => {
      const { client, play } = stage();
      const [first, second] = [await play(), await play()];
      first.report({ phase: 'save', percent: 7 });
      const initialData: JobView | undefined = await client.get(first.id);
      const shown = await mount(client, first.id, { initialData });
      expect(shown.renders[0]?.state).toMatchObject({ percent: 7, isPending: false });
      await shown.show(second.id);
      const [next] = shown.renders.filter(({ id }) => id === second.id);
      expect(next?.state).toMatchObject({ percent: null, isPending: true });
    });

    test('U6 hydrates the pending state with no mismatch, then shows the job as it is', async () => {
      const { client, play } = stage();
      const job = await play();
      job.report({ phase: 'index', percent: 60, message: 'File 6' });
      const page = await hydrate({ client, id: job.id });
      expect(page.target.textContent).not.toContain('File');
      expect(page.isKept()).toBe(true);
      await expect.poll(() => page.target.textContent).toContain('File 6');
      expect(page.target.textContent).toContain('running');
      expect(page.problems).toEqual([]);
    });

    test('U6 hydrates initialData that is old by now, and the same elements live on', async () => {
      const { client, play } = stage();
      const job = await play();
      job.report({ phase: 'index', percent: 40, message: 'File 4' });
      const initialData: JobView | undefined = await client.get(job.id);
      job.report({ phase: 'index', percent: 90, message: 'File 9' });
      const page = await hydrate({ client, id: job.id, options: { initialData } });
      expect(page.target.textContent).toContain('File 4');
      await expect.poll(() => page.target.textContent).toContain('File 9');
      expect(page.isKept()).toBe(true);
      expect(page.problems).toEqual([]);
    });
  });

  // Whatever runs the jobs of that server: `OFFSTAGE_BED=redis` has them in processes of their own.
  describe(`${driver.name}, as every adapter, before a real server`, () => {
    test.each(['streamed', 'polled'] as const)(
      'U1 U5 shows a job from its first look to its end, %s, and tells of the end once',
      async (how) => {
        const { baseUrl, act, start } = await openTestBed();
        const client = new HttpJobClient({ baseUrl, streaming: how === 'streamed' });
        const [id = ''] = await start();
        const ends: unknown[] = [];
        const onSettled = (job: JobView): void => void ends.push(job.result);
        const shown = await mount(client, id, { pollInterval: 20, onSettled });
        await expect.poll(shown.current).toMatchObject({ status: 'running', isActive: true });
        await act({ do: 'report', id, percent: 40, message: 'File 4' });
        await expect.poll(shown.current).toMatchObject({ percent: 40, message: 'File 4' });
        await act({ do: 'end', id, version: 'v1' });
        const end = { status: 'succeeded', result: { version: 'v1' }, isTerminal: true };
        await expect.poll(shown.current).toMatchObject(end);
        expect(ends).toEqual([{ version: 'v1' }]);
      },
    );

    test('U5 never shows the old job when the id is switched while its request is held', async () => {
      const { baseUrl, act, start, state } = await openTestBed();
      const client = new HttpJobClient({ baseUrl, streaming: false });
      const [first, second] = await start(2);
      await act({ do: 'hold' });
      const shown = await mount(client, first);
      await expect.poll(async () => (await state()).held).toBe(1);
      await shown.show(second);
      await act({ do: 'release' });
      await expect.poll(shown.current).toMatchObject({ status: 'running' });
      for (const { id, state } of shown.renders) expect([undefined, id]).toContain(state.job?.id);
    });

    test('U4 a hundred uses share one stream, which closes with the last of them', async () => {
      const { baseUrl, start, state } = await openTestBed();
      const client = new HttpJobClient({ baseUrl });
      const [id = ''] = await start();
      const ids = Array.from({ length: 100 }, () => id);
      const mounted = await driver.mountMany({ client }, ids);
      await expect.poll(async () => (await state()).streams).toBe(1);
      await mounted.unmount();
      await expect.poll(async () => (await state()).streams).toBe(0);
    });
  });

  async function hydrate(props: AdapterProps): Promise<HydratedAdapter> {
    const page = await driver.hydrate(props);
    cleanups.push(() => page.unmount());
    return page;
  }
}

/** A page to hydrate, as a server sent it. */
export function served(html: string) {
  const problems: unknown[] = [];
  const note = (...args: unknown[]): void => void problems.push(args);
  const spies = [
    vi.spyOn(console, 'warn').mockImplementation(note),
    vi.spyOn(console, 'error').mockImplementation(note),
  ];
  const target = document.body.appendChild(document.createElement('div'));
  target.innerHTML = html;
  const before = [...target.querySelectorAll('*')];
  const isKept = (): boolean =>
    before.length > 0 && before.every((element) => target.contains(element));
  const clear = (): void => {
    for (const spy of spies) spy.mockRestore();
    target.remove();
  };
  return { target, problems, isKept, clear };
}

/** Holds the answers of a client back, until what it returns is called. */
function hold(client: CountingClient): () => void {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  client.gate = () => released;
  return () => {
    client.gate = async () => undefined;
    release();
  };
}

/** Resolves when the browser has drawn `count` frames. */
async function frames(count: number): Promise<void> {
  for (let left = count; left > 0; left--) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
}
