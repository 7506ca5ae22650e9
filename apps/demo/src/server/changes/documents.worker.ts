import { serveJobs } from '@offstage/node-worker/thread';
import { createChangeHandler } from '../../change/change-handler.ts';
import { ChildPool } from '../../reading/child-pool.ts';
import { createReadHandler } from '../../reading/read-handler.ts';
import { UploadReads } from '../../reading/upload-reads.ts';
import { createStubHandler } from './stub-handler.ts';

const tools = { pool: new ChildPool(), reads: new UploadReads() };

serveJobs([
  process.env.OFFSTAGE_STUB === '1' ? createStubHandler(tools) : createChangeHandler(tools),
  createReadHandler(tools),
]);
