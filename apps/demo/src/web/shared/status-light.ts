import type { JobObserverState } from '@offstage/core/observe';
import type { Busy } from '../api.ts';
import type { ConnectionState } from './connection.ts';
import { formatPercent } from './format.ts';
import { phaseName, statusLabel } from './job-words.ts';
import type { UploadState } from './upload-queue.ts';

export interface StatusLight {
  readonly state: 'off' | 'wait' | 'run';
  readonly text: string;
}

/** What the light in the sidebar shows: the nearest to this person first. */
export function statusLight(
  upload: UploadState,
  current: Pick<
    JobObserverState,
    'status' | 'phase' | 'percent' | 'isActive' | 'isCanceling' | 'lastFailure'
  >,
  busy: Busy | null | undefined,
  connection: ConnectionState,
): StatusLight {
  const { status, phase, percent, lastFailure } = current;
  if (connection !== 'online') return { state: 'wait', text: 'Offline' };
  if (current.isCanceling) return { state: 'wait', text: 'Canceling' };
  if (status === 'queued') {
    const { text } = statusLabel({ status, lastFailure, result: undefined }, false);
    return { state: 'wait', text };
  }
  if (current.isActive) return { state: 'run', text: withPercent(phaseName(phase), percent) };
  if (upload.status === 'sending') {
    const sent = upload.bytes === 0 ? null : (100 * upload.sentBytes) / upload.bytes;
    return { state: 'run', text: withPercent('Uploading', sent) };
  }
  if (upload.status === 'stopped') return { state: 'wait', text: 'Upload stopped' };
  if (busy) return { state: 'wait', text: 'In use' };
  return { state: 'off', text: 'Idle' };
}

const withPercent = (text: string, percent: number | null): string =>
  percent === null ? text : `${text} ${formatPercent(percent)}`;
