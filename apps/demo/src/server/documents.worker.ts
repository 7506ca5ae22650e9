import { serveJobs } from '@offstage/node-worker/thread';
import { createChangeHandler } from '../change-handler.ts';
import { ChildPool } from '../parse/child-pool.ts';
import { createReadHandler } from '../read-handler.ts';
import { UploadReads } from '../upload-reads.ts';
import { createStubHandler } from './stub-handler.ts';

const tools = { pool: new ChildPool(), reads: new UploadReads() };

serveJobs([
  process.env.OFFSTAGE_STUB === '1' ? createStubHandler(tools) : createChangeHandler(tools),
  createReadHandler(tools),
]);
