import { serveJobs } from '@offstage/node-worker/thread';
import { ingestHandler } from './ingest-handler.ts';

serveJobs([ingestHandler]);
