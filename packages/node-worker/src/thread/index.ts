export { serveJobs } from './serve-jobs.ts';
