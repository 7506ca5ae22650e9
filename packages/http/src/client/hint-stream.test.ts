import { settle } from '@offstage/core/testing';
import { describe, expect, test, vi } from 'vitest';
import {
  type Answer,
  json,
  page,
  scriptedHttp,
  scriptedStream,
} from './scripted-fetch.test-support.ts';

type Kit = ReturnType<typeof scriptedHttp>;

const ready = 'event: ready\ndata: {}\n\n';
const change = (data: unknown): string => `event: change\ndata: ${JSON.stringify(data)}\n\n`;

/** Watches, noting all that is told. */
function watch({ client }: Kit, id?: string) {
  const told: unknown[] = [];
  const stop = client.watch?.(
    id,
    (changedId) => told.push(changedId ?? 'look'),
    (isPushed) => told.push(isPushed ? 'up' : 'down'),
  );
  return { told, stop: () => stop?.() };
}

/** Until `count` streams were asked for; the code of streams is loaded with the first. */
async function asked({ requests }: Kit, count: number): Promise<void> {
  while (requests.length < count) await settle();
  await settle();
}

describe('hints', () => {
  test('H4 all watchers share one stream, and each hears of its job alone', async () => {
    const kit = scriptedHttp({ headers: { authorization: 'Bearer t' } });
    const stream = scriptedStream();
    kit.script.answer = stream.response;
    const a = watch(kit, 'a');
    const b = watch(kit, 'b');
    const all = watch(kit);
    await asked(kit, 1);
    await stream.write('retry: 2000\n\n');
    await stream.write(ready);
    expect(kit.requests).toHaveLength(1);
    expect(kit.requests[0]).toMatchObject({ url: '/jobs/events', method: 'GET' });
    expect(kit.requests[0]?.headers.get('accept')).toBe('text/event-stream');
    expect(kit.requests[0]?.headers.get('authorization')).toBe('Bearer t');
    for (const { told } of [a, b, all]) expect(told.splice(0)).toContain('look');

    await stream.write(change({ ids: ['a', 'c'] }));
    expect([a.told.splice(0), b.told.splice(0), all.told.splice(0)]).toEqual([
      ['a'],
      [],
      ['a', 'c'],
    ]);
    await stream.write(change({ all: true }));
    expect([a.told.splice(0), b.told.splice(0), all.told.splice(0)]).toEqual([
      ['look'],
      ['look'],
      ['look'],
    ]);
    a.stop();
    await stream.write(change({ ids: ['a', 'b'] }));
    expect([a.told, b.told, all.told]).toEqual([[], ['b'], ['a', 'b']]);
  });

  test('H4 hints do not come until the stream is ready, and then with a look', async () => {
    const kit = scriptedHttp();
    const stream = scriptedStream();
    kit.script.answer = stream.response;
    const { told } = watch(kit, 'a');
    expect(told).toEqual(['down']);
    await asked(kit, 1);
    await stream.write(':\n\n');
    expect(told).not.toContain('up');
    await stream.write(ready);
    expect(told.slice(-2)).toEqual(['up', 'look']);
    const late = watch(kit, 'a');
    await settle();
    expect(late.told).toEqual([]);
  });

  test.each([
    ['no JSON', 'event: change\ndata: <html>\n\n'],
    ['ids that are none', change({ ids: 'a' })],
    ['null', change(null)],
  ])('H5 a hint that cannot be read may have meant any job: %s', async (_, text) => {
    const kit = scriptedHttp();
    const stream = scriptedStream();
    kit.script.answer = stream.response;
    const { told } = watch(kit, 'a');
    await asked(kit, 1);
    await stream.write(ready);
    told.length = 0;
    await stream.write(text);
    expect(told).toEqual(['look']);
  });

  test('H5 garbage between events, and events of other kinds, are passed over', async () => {
    const kit = scriptedHttp();
    const stream = scriptedStream();
    kit.script.answer = stream.response;
    const { told } = watch(kit, 'a');
    await asked(kit, 1);
    await stream.write(ready);
    told.length = 0;
    await stream.write(new Uint8Array([0xff, 0xfe, 0, 13, 10, 10]));
    await stream.write('<html>\nevent: other\ndata: 1\n\ndata: nameless\n\n');
    expect(told).toEqual([]);
    await stream.write(change({ ids: ['a'] }));
    expect(told).toEqual(['a']);
  });

  test('H4 an event may come in any pieces', async () => {
    const kit = scriptedHttp();
    const stream = scriptedStream();
    kit.script.answer = stream.response;
    const { told } = watch(kit, 'ä💥');
    await asked(kit, 1);
    await stream.write(ready);
    told.length = 0;
    for (const byte of new TextEncoder().encode(change({ ids: ['ä💥'] }))) {
      await stream.write(new Uint8Array([byte]));
    }
    expect(told).toEqual(['ä💥']);
  });

  test('H4 a watcher that throws harms neither the others nor the stream', async () => {
    const kit = scriptedHttp();
    const stream = scriptedStream();
    kit.script.answer = stream.response;
    const thrown: unknown[] = [];
    const micro = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((callback) => {
      void Promise.resolve()
        .then(callback)
        .catch((error) => thrown.push(error));
    });
    kit.client.watch?.('a', () => {
      throw new Error('mine');
    });
    const { told } = watch(kit, 'a');
    await asked(kit, 1);
    await stream.write(ready);
    await stream.write(change({ ids: ['a'] }));
    micro.mockRestore();
    expect(told.at(-1)).toBe('a');
    expect(thrown).toHaveLength(2);
    expect(kit.requests).toHaveLength(1);
  });
});

describe('a stream that is lost', () => {
  /** A stream that is up. */
  async function streaming(answer?: Answer) {
    const kit = scriptedHttp();
    const streams = [scriptedStream()];
    const first = streams[0]?.response;
    kit.script.answer = answer ?? first ?? new Error('none');
    const watcher = watch(kit, 'a');
    await asked(kit, 1);
    const write = (text: string) => streams.at(-1)?.write(text);
    await write(ready);
    const next = () => {
      const stream = scriptedStream();
      streams.push(stream);
      kit.script.answer = stream.response;
    };
    return { ...kit, ...watcher, streams, write, next };
  }

  test('H4 one that ends, fails or is cut within an event is opened again, and loses nothing', async () => {
    const kit = await streaming();
    const ways = [
      () => kit.streams.at(-1)?.end(),
      () => kit.streams.at(-1)?.fail(new TypeError('network')),
      async () => {
        await kit.write('event: change\ndata: {"ids":["a"');
        await kit.streams.at(-1)?.end();
      },
    ];
    for (const cut of ways) {
      kit.told.length = 0;
      const count = kit.requests.length;
      await cut();
      expect(kit.told).toEqual(['down']);
      kit.next();
      await kit.clock.advance(2000);
      expect(kit.requests).toHaveLength(count + 1);
      await kit.write(ready);
      expect(kit.told).toEqual(['down', 'up', 'look']);
    }
  });

  test('H4 a proxy that cuts every ten seconds is come back to after a second or two, for ever', async () => {
    const kit = await streaming();
    for (let cut = 0; cut < 50; cut++) {
      await kit.clock.advance(10_000);
      await kit.streams.at(-1)?.end();
      kit.next();
      await kit.clock.advance(2000);
      await kit.write(ready);
      expect(kit.told.at(-1)).toBe('look');
    }
    expect(kit.requests).toHaveLength(51);
  });

  test('H4 one that is silent for longer than three heartbeats is dead', async () => {
    const kit = await streaming();
    for (let beat = 0; beat < 20; beat++) {
      await kit.clock.advance(44_000);
      await kit.write(':\n\n');
    }
    expect(kit.told.at(-1)).toBe('look');
    expect(kit.requests).toHaveLength(1);
    kit.next();
    await kit.clock.advance(45_000);
    expect(kit.told.at(-1)).toBe('down');
    expect(kit.requests[0]?.signal?.aborted).toBe(true);
    expect(kit.streams[0]?.canceled).toBe(false);
    await kit.clock.advance(2000);
    await kit.write(ready);
    expect(kit.told.at(-1)).toBe('look');
    expect(kit.requests).toHaveLength(2);
  });

  test('H4 U3 while the server is down tries grow rarer, up to 30 s', async () => {
    const kit = await streaming();
    kit.script.answer = new TypeError('down');
    await kit.streams[0]?.end();
    const times: number[] = [];
    const start = kit.clock.now();
    for (let tries = 1; tries < 8; tries++) {
      while (kit.requests.length === tries) await kit.clock.advance(500);
      times.push(kit.clock.now() - start);
    }
    const gaps = times.map((time, index) => time - (times[index - 1] ?? 0));
    expect(gaps).toEqual([2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  test('H4 U3 it comes back no earlier than the server asks', async () => {
    const kit = await streaming();
    await kit.streams[0]?.end();
    kit.script.answer = json(
      { title: 'Too many streams.', status: 503, code: 'unavailable' },
      { status: 503, headers: { 'retry-after': '20' } },
    );
    await kit.clock.advance(2000);
    expect(kit.requests).toHaveLength(2);
    await kit.clock.advance(19_500);
    expect(kit.requests).toHaveLength(2);
    await kit.clock.advance(500);
    expect(kit.requests).toHaveLength(3);
  });

  test('H4 what the server says at the end of a stream counts as its answer', async () => {
    const kit = await streaming();
    const problem = { title: 'Sign in.', status: 401, code: 'unauthorized' };
    await kit.write(`event: problem\ndata: ${JSON.stringify(problem)}\n\n`);
    expect(kit.told.at(-1)).toBe('down');
    await kit.clock.advance(3_600_000);
    expect(kit.requests).toHaveLength(1);
  });
});

describe('where streams cannot be had', () => {
  test.each<[string, Answer]>([
    ['a handler of no streams', page(404)],
    ['a method that is not allowed', page(405)],
    ['a server that has not built it', page(501)],
    ['HTML with 200', page(200)],
    ['JSON with 200', json({})],
    ['no body', new Response(null, { headers: { 'content-type': 'text/event-stream' } })],
  ])('H4 watchers poll, and it is tried again some minutes later: %s', async (_, answer) => {
    const kit = scriptedHttp();
    kit.script.answer = typeof answer === 'function' ? answer : () => (answer as Response).clone();
    const { told } = watch(kit, 'a');
    await asked(kit, 1);
    expect(told).not.toContain('up');
    await kit.clock.advance(299_999);
    expect(kit.requests).toHaveLength(1);
    await kit.clock.advance(1);
    expect(kit.requests).toHaveLength(2);
  });

  test('H4 a proxy that holds the stream back is given up after the timeout', async () => {
    const kit = scriptedHttp({ timeoutMs: 5000 });
    const stream = scriptedStream();
    kit.script.answer = stream.response;
    const { told } = watch(kit, 'a');
    await asked(kit, 1);
    await stream.write(':'.repeat(2000));
    await kit.clock.advance(5000);
    expect(kit.requests[0]?.signal?.aborted).toBe(true);
    await stream.write(ready);
    expect(stream.canceled).toBe(true);
    expect(told).not.toContain('up');
    await kit.clock.advance(290_000);
    expect(kit.requests).toHaveLength(1);
  });

  test('H4 of one that lets the first bytes pass alone, nothing is believed after the first time', async () => {
    const kit = scriptedHttp();
    const streams: ReturnType<typeof scriptedStream>[] = [];
    kit.script.answer = () => {
      const stream = scriptedStream();
      streams.push(stream);
      return stream.response;
    };
    const { told } = watch(kit, 'a');
    await asked(kit, 1);
    await streams[0]?.write(ready);
    expect(told.at(-1)).toBe('look');
    await kit.clock.advance(45_000);
    told.length = 0;
    for (let tries = 2; tries < 5; tries++) {
      await kit.clock.advance(2000);
      await asked(kit, tries);
      await streams.at(-1)?.write(ready);
      await kit.clock.advance(45_000);
      // Polled all along.
      expect(told).not.toContain('up');
      expect(kit.requests).toHaveLength(tries);
    }
    await kit.clock.advance(2000);
    await asked(kit, 5);
    await streams.at(-1)?.write(ready);
    await kit.clock.advance(15_000);
    await streams.at(-1)?.write(':\n\n');
    expect(told.slice(-2)).toEqual(['up', 'look']);
    // What has been heard once is believed at once again.
    await streams.at(-1)?.end();
    await kit.clock.advance(2000);
    await asked(kit, 6);
    await streams.at(-1)?.write(ready);
    expect(told.slice(-3)).toEqual(['down', 'up', 'look']);
  });

  test('H4 so is a fetch that never answers and knows no signals', async () => {
    const kit = scriptedHttp({ timeoutMs: 5000 });
    kit.script.answer = () => new Promise<Response>(() => undefined);
    watch(kit, 'a');
    await asked(kit, 1);
    await kit.clock.advance(305_000);
    expect(kit.requests).toHaveLength(2);
  });

  test.each([401, 403])('U3 H4 a %i ends it until all have left', async (status) => {
    const kit = scriptedHttp();
    kit.script.answer = () => page(status);
    const first = watch(kit, 'a');
    await asked(kit, 1);
    await kit.clock.advance(3_600_000);
    const second = watch(kit, 'b');
    await kit.clock.advance(3_600_000);
    expect(kit.requests).toHaveLength(1);
    first.stop();
    second.stop();
    await kit.clock.advance(1000);
    expect(kit.clock.pending).toBe(0);
    watch(kit, 'a');
    await asked(kit, 2);
    expect(kit.requests).toHaveLength(2);
  });

  test('H5 an event without end is not kept for ever', async () => {
    const kit = scriptedHttp();
    const stream = scriptedStream();
    kit.script.answer = stream.response;
    const { told } = watch(kit, 'a');
    await asked(kit, 1);
    await stream.write(ready);
    for (let part = 0; part < 40; part++) await stream.write(`data: ${'x'.repeat(50_000)}\n`);
    expect(told.at(-1)).toBe('down');
  });
});

describe('its life', () => {
  test('H4 it is opened by the first watcher and closed when the last has gone for a second', async () => {
    const kit = scriptedHttp();
    const stream = scriptedStream();
    kit.script.answer = stream.response;
    expect(kit.requests).toHaveLength(0);
    const first = watch(kit, 'a');
    await asked(kit, 1);
    await stream.write(ready);
    // As StrictMode does, and a page that goes from one job to the next.
    first.stop();
    first.stop();
    const second = watch(kit, 'b');
    await settle();
    second.stop();
    await kit.clock.advance(999);
    const third = watch(kit, 'c');
    await kit.clock.advance(10_000);
    await stream.write(change({ ids: ['c'] }));
    expect(third.told).toEqual(['c']);
    expect(kit.requests).toHaveLength(1);
    third.stop();
    await kit.clock.advance(1000);
    expect(kit.requests[0]?.signal?.aborted).toBe(true);
    expect(kit.clock.pending).toBe(0);
    await stream.write(change({ all: true }));
    expect(third.told).toEqual(['c']);
  });

  test('H4 a page that is hidden lets go at once: it may be frozen before a timer rings', async () => {
    const kit = scriptedHttp();
    const stream = scriptedStream();
    kit.script.answer = stream.response;
    const first = watch(kit, 'a');
    await asked(kit, 1);
    await stream.write(ready);
    vi.stubGlobal('document', { visibilityState: 'hidden' });
    first.stop();
    vi.unstubAllGlobals();
    expect(kit.requests[0]?.signal?.aborted).toBe(true);
    expect(kit.clock.pending).toBe(0);
    kit.script.answer = scriptedStream().response;
    watch(kit, 'a');
    await asked(kit, 2);
  });

  test('H4 whoever leaves before the stream is asked for opens none', async () => {
    const kit = scriptedHttp();
    watch(kit, 'a').stop();
    for (let turn = 0; turn < 20; turn++) await settle();
    expect(kit.requests).toHaveLength(0);
    expect(kit.clock.pending).toBe(0);
  });

  test('H4 without streaming there is nothing to watch by', () => {
    expect(scriptedHttp({ streaming: false }).client.watch).toBe(undefined);
  });
});

test('H4 U3 a stream that is answered by a 502 is tried again, with one that the proxy lets through', async () => {
  const kit = scriptedHttp();
  kit.script.answer = () => page(502);
  const { told, stop } = watch(kit, 'a');
  await asked(kit, 1);
  const stream = scriptedStream();
  kit.script.answer = stream.response;
  await kit.clock.advance(2000);
  await asked(kit, 2);
  await stream.write(ready);
  expect(told.slice(-2)).toEqual(['up', 'look']);
  stop();
});

test.each([-86_400_000, 3_600_000])(
  'F6 a wall clock that is set by %s ms moves neither a reconnect nor the end of a silent stream',
  async (jumpMs) => {
    const kit = scriptedHttp();
    const stream = scriptedStream();
    kit.script.answer = stream.response;
    const { told, stop } = watch(kit, 'a');
    await asked(kit, 1);
    await stream.write(ready);
    kit.script.answer = () => page(503, { headers: { 'retry-after': '20' } });
    kit.clock.setWallClock(kit.clock.now() + jumpMs);
    await kit.clock.advance(44_000);
    expect(told.at(-1)).toBe('look');
    await kit.clock.advance(1000);
    expect(told.at(-1)).toBe('down');
    await kit.clock.advance(2000);
    await asked(kit, 2);
    kit.clock.setWallClock(kit.clock.now() + jumpMs);
    await kit.clock.advance(19_000);
    expect(kit.requests).toHaveLength(2);
    await kit.clock.advance(1000);
    await asked(kit, 3);
    stop();
  },
);

test('F6 a Retry-After that is a date counts from the date of the server, whatever the clock here says', async () => {
  const kit = scriptedHttp();
  const headers = {
    date: 'Wed, 21 Oct 2015 07:28:00 GMT',
    'retry-after': 'Wed, 21 Oct 2015 07:28:30 GMT',
  };
  kit.script.answer = () => page(503, { headers });
  const { stop } = watch(kit, 'a');
  await asked(kit, 1);
  kit.clock.setWallClock(Date.UTC(2040, 1));
  await kit.clock.advance(29_000);
  expect(kit.requests).toHaveLength(1);
  await kit.clock.advance(1000);
  await asked(kit, 2);
  stop();
});
