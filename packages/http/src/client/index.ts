export { HttpJobClient } from './http-job-client.ts';
export type { HttpHeaders, HttpJobClientOptions } from './http-job-client-options.ts';
