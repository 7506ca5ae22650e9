import { currentBook } from '#lib/server/jobs.ts';

export const load = async () => ({ book: await currentBook() });
