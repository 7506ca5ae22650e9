import type { Action } from './action.ts';
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
  /** In the head of the card, and below what went wrong. */
  readonly cancel: Action;
  readonly actions: readonly Action[];
}

interface Doing {
  readonly cancel: () => void;
  readonly retry: () => void;
}

/** @returns `undefined` where nothing is on its way. */
export function uploadCard(
  state: UploadState,
  { cancel, retry }: Doing,
): UploadCardView | undefined {
  const { status, files, sentFiles, bytes, sentBytes, error } = state;
  if (status === 'idle') return undefined;
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
    cancel: { key: 'cancel', label: 'Cancel', more: ' upload', act: cancel },
    actions: isStopped ? [{ key: 'retry', label: 'Go on', look: 'main', act: retry }] : [],
  };
}
