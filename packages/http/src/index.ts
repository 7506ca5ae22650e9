export { isSameSite, type SameSiteOptions } from './cross-site.ts';
export { createJobsHandler, type JobsHandler } from './jobs-handler.ts';
export type { JobsHandlerOptions } from './jobs-handler-options.ts';
export { type OpenApiOptions, openApiDocument } from './openapi.ts';
