import { currentBook, latestPrint, sessionCookie } from '#lib/server/jobs.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ cookies }) => ({
  book: await currentBook(),
  latest: await latestPrint(cookies.get(sessionCookie)),
});
