/**
 * A thread beside the parser, which may be in an endless loop: it ends the whole process when memory
 * outside V8's heap passes the limit (the heap has a limit of its own), and when the parent is gone.
 *
 * Plain JavaScript, for stripping types would cost this thread more than all of its work.
 */
import { workerData } from 'node:worker_threads';

/** @type {{ readonly maxResidentBytes: number, readonly parentId: number }} */
const { maxResidentBytes, parentId } = workerData;

setInterval(() => {
  const orphaned = process.ppid !== parentId || !isAlive(parentId);
  if (orphaned || process.memoryUsage.rss() > maxResidentBytes) {
    process.kill(process.pid, 'SIGKILL');
  }
}, 50);

/**
 * Windows keeps the id of a parent that has ended.
 *
 * @param {number} pid
 */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && Reflect.get(error, 'code') === 'EPERM';
  }
}
