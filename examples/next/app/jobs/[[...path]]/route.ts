import { connection } from 'next/server';
import { handleJobs } from '../../../lib/server.ts';

// Never answered ahead of time, with cache components or without.
async function answer(request: Request) {
  await connection();
  return handleJobs(request);
}

export { answer as DELETE, answer as GET, answer as POST };
