import { serveJobs } from '@offstage/node-worker/thread';
import { createChangeHandler } from '../change-handler.ts';
import { createStubHandler } from './stub-handler.ts';

serveJobs([process.env.OFFSTAGE_STUB === '1' ? createStubHandler() : createChangeHandler()]);
