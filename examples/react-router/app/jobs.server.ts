import { JobManager, SnapshotStore } from '@offstage/core';
import { createJobsHandler } from '@offstage/http';
import { nodeStorage } from '@offstage/node-fs';
import { sharedManager, WorkerExecutor } from '@offstage/node-worker';
import { createCookie } from 'react-router';
import { bookMetadata, printBook } from './jobs.ts';

/** One a process, whatever evaluates this module again; closed with the process. */
const manager = sharedManager(
  'jobs',
  () =>
    new JobManager({
      executor: new WorkerExecutor({ entry: new URL('./print.worker.ts', import.meta.url) }),
    }),
);

const books = new SnapshotStore({ storage: nodeStorage('./data/books'), metadata: bookMetadata });

/** With `secure: true` where the site has https. */
const sessionCookie = createCookie('session', { path: '/', httpOnly: true, sameSite: 'lax' });

/** Whose request it is. Undefined before the page has begun a session. */
export async function sessionOf(request: Request): Promise<string | undefined> {
  const session: unknown = await sessionCookie.parse(request.headers.get('cookie'));
  return typeof session === 'string' && /^[\w-]{36}$/.test(session) ? session : undefined;
}

export const beginSession = () => sessionCookie.serialize(crypto.randomUUID());

/** What is published: everybody may read it. */
export async function currentBook() {
  const version = await books.current();
  if (version === undefined) return undefined;
  try {
    return { version: version.version, pages: version.metadata.pages };
  } finally {
    await version[Symbol.asyncDispose]();
  }
}

/** The last job of a session, running or over. */
export async function latestPrint(session: string | undefined) {
  if (session === undefined) return undefined;
  const client = manager.forOwner(session);
  const [latest] = await client.list({ name: printBook.name, limit: 1 });
  return latest && client.get(latest.id, { definition: printBook });
}

export const handleJobs = createJobsHandler({
  definitions: [printBook],
  clientFor: async (request) => {
    const session = await sessionOf(request);
    return session === undefined
      ? new Response('Open the page first: it begins a session.', { status: 401 })
      : manager.forOwner(session);
  },
});
