import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How many ports after the wanted one are tried, before any free one is taken. */
const triedPorts = 20;

/** Listens at a port, or at the next one that is free. Resolves to the port. */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  for (let tried = 0; ; tried += 1) {
    const candidate = port === 0 || tried > triedPorts ? 0 : port + tried;
    try {
      return await bind(server, host, candidate);
    } catch (error) {
      const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
      const isTaken = code === 'EADDRINUSE' || code === 'EACCES';
      if (!isTaken || candidate === 0) throw error;
    }
  }
}

function bind(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => (): void => {
      server.off('error', onError);
      server.off('listening', onListening);
      act();
    };
    const onError = (error: Error): void => settle(() => reject(error))();
    const onListening = settle(() => resolve((server.address() as AddressInfo).port));
    server.on('error', onError);
    server.on('listening', onListening);
    server.listen(port, host);
  });
}
