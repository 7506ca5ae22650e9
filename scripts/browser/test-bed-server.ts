// The test bed's own process: opens, steers and closes sessions for the pages under test.
//   POST /sessions            opens a bed and answers its port
//   POST /sessions/<port>     does a `BedAct`
//   GET  /sessions/<port>     tells what the bed saw
//   GET  /page?module=<url> is a page of its own, for a second tab
// It prints its port, and ends when its standard input does. OFFSTAGE_BED=redis has jobs run over BullMQ.
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inProcess } from './bed-engine.ts';
import { type BedAct, BedSession } from './bed-session.ts';

const redis =
  process.env.OFFSTAGE_BED === 'redis'
    ? await (await import('./redis-engine.ts')).startRedis()
    : undefined;
const makeEngine = redis?.make ?? inProcess;
const sessions = new Map<string, BedSession>();
const server = createServer((incoming, outgoing) => {
  const url = new URL(incoming.url ?? '/', 'http://localhost');
  if (url.pathname === '/page') {
    outgoing.setHeader('content-type', 'text/html');
    outgoing.end(pageOf(url.searchParams.get('module') ?? ''));
    return;
  }
  answer(incoming, url.pathname).then(
    (value) => outgoing.end(JSON.stringify(value ?? null)),
    (error) => outgoing.writeHead(500).end(String(error)),
  );
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log((server.address() as AddressInfo).port);
process.stdin
  .on('end', async () => {
    await redis?.[Symbol.asyncDispose]();
    process.exit();
  })
  .resume();

async function answer(incoming: IncomingMessage, path: string): Promise<unknown> {
  const [, port] = /^\/sessions\/(\d+)$/.exec(path) ?? [];
  if (port === undefined) {
    const bed = await BedSession.open(makeEngine);
    sessions.set(String(bed.port), bed);
    return bed.port;
  }
  const bed = sessions.get(port);
  if (bed === undefined) throw new Error(`There is no bed at ${port}.`);
  if (incoming.method === 'GET') return bed.state;
  return bed.act(await readAct(incoming));
}

async function readAct(incoming: IncomingMessage): Promise<BedAct> {
  let text = '';
  for await (const chunk of incoming) text += chunk;
  return JSON.parse(text);
}

// Vitest has its own way to import what is loaded later, which only its own pages have.
const imports = 'globalThis.__vitest_browser_runner__ = { wrapDynamicImport: (load) => load() };';

function pageOf(module: string): string {
  return `<!doctype html><title>tab</title><body><script>${imports}</script><script type="module" src="${module.replaceAll('"', '%22')}"></script>`;
}
