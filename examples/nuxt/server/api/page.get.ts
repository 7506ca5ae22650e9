import { currentBook, latestPrint, sessionCookie } from '../utils/printing.ts';

/** What the page shows at first: what is published, and the visitor's last job. */
export default defineEventHandler(async (event) => {
  const session = getCookie(event, sessionCookie);
  const [book, latest] = await Promise.all([currentBook(), latestPrint(session)]);
  return { book, latest };
});
