// What the journal's own thread runs.
import { parentPort, workerData } from 'node:worker_threads';
import { serveJournal } from './thread/serve-journal.ts';

if (parentPort !== null) serveJournal(parentPort, workerData.offstageJournal);
