import { countOf, formatBytes, formatCount } from './format.ts';
import type { UploadState } from './upload-queue.ts';

/** An upload as its card shows it. */
export interface UploadCardView {
  readonly title: string;
  readonly line: string;
  /** `undefined` while that is not known. */
  readonly bar: { readonly max: number; readonly value: number } | undefined;
  readonly isStopped: boolean;
  /** Why it has stopped, and what that means. */
  readonly problem: string;
}

export function uploadCard(state: UploadState): UploadCardView {
  const { status, files, sentFiles, bytes, sentBytes, error } = state;
  const isReading = status === 'reading';
  const isStopped = status === 'stopped';
  return {
    title: isStopped ? 'Upload stopped' : isReading ? 'Looking through it' : 'Uploading',
    line: isReading
      ? 'Collecting files'
      : `${formatCount(sentFiles)} of ${countOf(files, 'file')}, ${formatBytes(sentBytes)} of ${formatBytes(bytes)}`,
    bar: isReading || bytes === 0 ? undefined : { max: bytes, value: sentBytes },
    isStopped,
    problem: `${error?.message ?? ''} What has arrived is kept.`.trimStart(),
  };
}
