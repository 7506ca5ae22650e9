import { serveJobs } from '@offstage/node-worker/thread';
import { createIngestHandler } from './ingest-handler.ts';

serveJobs([createIngestHandler()]);
