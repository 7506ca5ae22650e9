import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { Plugin } from 'vitest/config';

/** Where test pages reach servers on other loopback ports: `/bed/<port>/<path>`. */
const bedUrl = /^\/bed\/(\d+)(\/.*)$/;

/**
 * Lets pages under test reach the test bed from their own origin, as an application's pages reach
 * their server. What the server does to a connection happens to the page's: a refused, cut or
 * stalled connection stays so, and nothing is buffered.
 */
export function bedForwarder(): Plugin {
  return {
    name: 'offstage:bed-forwarder',
    configureServer(server) {
      server.middlewares.use((incoming, outgoing, next) => {
        const [, port, path] = bedUrl.exec(incoming.originalUrl ?? incoming.url ?? '') ?? [];
        if (port === undefined || path === undefined) next();
        else forward(incoming, outgoing, Number(port), path);
      });
    },
  };
}

function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  port: number,
  path: string,
): void {
  const { method, headers } = incoming;
  const cut = (): void => void outgoing.socket?.destroy();
  const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false });
  sent.on('response', (received) => {
    outgoing.writeHead(received.statusCode ?? 502, received.headers);
    outgoing.flushHeaders();
    received.on('error', cut);
    received.pipe(outgoing);
  });
  sent.on('error', cut);
  outgoing.on('close', () => sent.destroy());
  incoming.pipe(sent);
}
