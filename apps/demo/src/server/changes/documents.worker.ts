import { serveJobs } from '@offstage/node-worker/thread';
import { createChangeHandler } from '../../change/change-handler.ts';
import { ChildPool } from '../../reading/child-pool.ts';
import { ParseCache } from '../../reading/parse-cache.ts';
import { createReadHandler } from '../../reading/read-handler.ts';
import { UploadReads } from '../../reading/upload-reads.ts';
import { createStubHandler } from './stub-handler.ts';
import { withUploads } from './with-uploads.ts';

const { OFFSTAGE_STUB, OFFSTAGE_PARSED } = process.env;
const cache = OFFSTAGE_PARSED === undefined ? undefined : new ParseCache(OFFSTAGE_PARSED);
const tools = { pool: new ChildPool(), reads: new UploadReads(), cache };

serveJobs([
  withUploads(OFFSTAGE_STUB === '1' ? createStubHandler(tools) : createChangeHandler(tools)),
  createReadHandler(tools),
]);
