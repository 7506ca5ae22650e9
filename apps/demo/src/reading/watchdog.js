/**
 * A thread beside the parser, which may be in an endless loop: it ends the whole process when memory
 * outside V8's heap passes the limit (the heap has a limit of its own), and when the parent is gone. And it
 * tells the parent at which file the parser is, where that takes long: answers are gathered, so the
 * parent cannot know which of the files it has no answer for is at fault.
 *
 * Plain JavaScript, for stripping types would cost this thread more than all of its work.
 */
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

/**
 * @type {{
 *   readonly maxResidentBytes: number;
 *   readonly parentId: number;
 *   readonly placeDescriptor: number;
 *   readonly counts: Int32Array;
 * }}
 */
const { maxResidentBytes, parentId, placeDescriptor, counts } = workerData;
let place = 0;
let told = 0;

setInterval(() => {
  const orphaned = process.ppid !== parentId || !isAlive(parentId);
  if (orphaned || process.memoryUsage.rss() > maxResidentBytes) {
    process.kill(process.pid, 'SIGKILL');
  }
  const begun = Atomics.load(counts, 0);
  const isAtWork = begun > Atomics.load(counts, 1);
  if (isAtWork && begun === place && begun !== told) {
    told = begun;
    writeSync(placeDescriptor, `${begun}\n`);
  }
  place = begun;
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
