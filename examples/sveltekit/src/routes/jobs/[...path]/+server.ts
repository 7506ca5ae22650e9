import { handleJobs } from '#lib/server/jobs.ts';

export const fallback = ({ request }: { request: Request }) => handleJobs(request);
