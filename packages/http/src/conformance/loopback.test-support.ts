import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InlineExecutor, JobManager, type JobManagerOptions } from '@offstage/core';
import {
  jobClientSuiteHandlers,
  suiteFaultyJob,
  suiteFlakyJob,
  suiteJob,
  suiteMalformedJob,
  suiteTimeoutJob,
  suiteUnhandledJob,
} from '@offstage/core/testing';
import { HttpJobClient } from '../client/http-job-client.ts';
import type { HttpJobClientOptions } from '../client/http-job-client-options.ts';
import { createJobsHandler } from '../jobs-handler.ts';
import type { JobsHandlerOptions } from '../jobs-handler-options.ts';
import { toNodeListener } from '../node/node-listener.ts';

export interface Loopback {
  readonly manager: JobManager;
  readonly baseUrl: string;
  readonly port: number;
  /** `METHOD path` of each request so far. */
  readonly requests: string[];
  clientOf(owner: string, options?: Partial<HttpJobClientOptions>): HttpJobClient;
  /** Cuts all connections and gives the port back; jobs go on. */
  stopListening(): Promise<void>;
  listenAgain(): Promise<void>;
  close(): Promise<void>;
}

/** The suite's jobs behind the real handler and `node:http`, on a port of its own. */
export async function loopback(
  managerOptions: Partial<JobManagerOptions> = {},
  handlerOptions: Partial<JobsHandlerOptions> = {},
): Promise<Loopback> {
  const executor = new InlineExecutor(jobClientSuiteHandlers);
  const manager = new JobManager({ executor, ...managerOptions });
  manager.on('error', () => undefined);
  const handle = createJobsHandler({
    definitions: [
      suiteJob,
      suiteFaultyJob,
      suiteFlakyJob,
      suiteMalformedJob,
      suiteTimeoutJob,
      suiteUnhandledJob,
    ],
    clientFor: (request) => manager.forOwner(request.headers.get('x-owner') ?? 'nobody'),
    minEventGapMs: 0,
    ...handlerOptions,
  });
  const requests: string[] = [];
  const listener = toNodeListener((request) => {
    requests.push(`${request.method} ${new URL(request.url).pathname}`);
    return handle(request);
  });
  let server = await listen(listener, 0);
  const { port } = server.address() as AddressInfo;
  const baseUrl = `http://127.0.0.1:${port}/jobs`;
  const stopListening = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    manager,
    baseUrl,
    port,
    requests,
    clientOf: (owner, options) =>
      new HttpJobClient({ baseUrl, headers: { 'x-owner': owner }, ...options }),
    stopListening,
    async listenAgain() {
      server = await listen(listener, port);
    },
    async close() {
      await stopListening();
      await manager.shutdown({ graceMs: 0 });
    },
  };
}

function listen(listener: Parameters<typeof createServer>[1], port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(listener);
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
