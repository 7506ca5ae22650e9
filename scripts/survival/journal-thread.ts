// The journal's thread, which ends its whole process at the step that OFFSTAGE_KILL names: `name#n` for
// the n-th time that it comes by.
import { parentPort, workerData } from 'node:worker_threads';
import { serveJournal } from '../../packages/sqlite/src/thread/serve-journal.ts';

const kill = process.env.OFFSTAGE_KILL ?? '';
const passed = new Map<string, number>();

if (parentPort !== null) {
  serveJournal(parentPort, workerData.offstageJournal, (name) => {
    const times = (passed.get(name) ?? 0) + 1;
    passed.set(name, times);
    if (kill === `${name}#${times}`) process.kill(process.pid, 'SIGKILL');
  });
}
