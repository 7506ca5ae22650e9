import type { Problem, UploadLimits } from '../api.ts';
import type { ChosenFile, RefusedFile } from './chosen-file.ts';
import { formatBytes, formatCount, formatLimit } from './format.ts';

export interface UploadPlan {
  readonly batches: readonly (readonly ChosenFile[])[];
  readonly refused: readonly RefusedFile[];
}

// Small enough for progress to move and for a broken connection to cost little.
const batchFiles = 50;
const batchBytes = 16_000_000;
// Of a form, beside each file.
const partBytes = 1000;

/** Puts files into requests that the server takes, and says at once which it would refuse. */
export function planUpload(files: readonly ChosenFile[], limits: UploadLimits): UploadPlan {
  const refused: RefusedFile[] = [];
  const batches: ChosenFile[][] = [];
  const maxFiles = Math.min(batchFiles, limits.maxFilesPerRequest);
  const maxBytes = Math.min(batchBytes, limits.maxRequestBytes);
  let batch: ChosenFile[] = [];
  let bytes = 0;
  let waiting = 0;
  let waitingBytes = 0;
  for (const file of files) {
    const { size } = file.content;
    const problem = problemOf(size, waiting, waitingBytes, limits);
    if (problem !== undefined) {
      refused.push({ name: file.name, problem });
      continue;
    }
    waiting += 1;
    waitingBytes += size;
    if (batch.length > 0 && (batch.length >= maxFiles || bytes + size + partBytes > maxBytes)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(file);
    bytes += size + partBytes;
  }
  if (batch.length > 0) batches.push(batch);
  return { batches, refused };
}

function problemOf(
  size: number,
  waiting: number,
  waitingBytes: number,
  limits: UploadLimits,
): Problem | undefined {
  if (size > limits.maxFileBytes) {
    const message = `It has ${formatBytes(size)}; a file may have at most ${formatLimit(limits.maxFileBytes)}.`;
    return { code: 'too_large', message };
  }
  if (waiting >= limits.maxWaitingFiles || waitingBytes + size > limits.maxWaitingBytes) {
    const message = `At most ${formatCount(limits.maxWaitingFiles)} files and ${formatLimit(limits.maxWaitingBytes)} at once. Add the rest afterwards.`;
    return { code: 'session_full', message };
  }
  return undefined;
}
