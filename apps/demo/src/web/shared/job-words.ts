import type { JobStatus, JobView } from '@offstage/core';
import { fileProgressOf, progressMessage } from '../../change/file-progress.ts';
import type { ChangeResult, FileOutcome, VersionView } from '../api.ts';
import { isRetrying } from './attempt-words.ts';
import { countOf, formatBytes, formatCount } from './format.ts';
import type { Tone } from './tone.ts';

/** A job as the pages show it; of any definition. */
export type ShownJob = Pick<
  JobView,
  | 'id'
  | 'status'
  | 'cancelRequested'
  | 'progress'
  | 'phases'
  | 'createdAt'
  | 'startedAt'
  | 'endedAt'
>;

export interface Label {
  readonly text: string;
  readonly tone: Tone;
}

export interface Step {
  readonly phase: string;
  readonly label: string;
  readonly state: 'done' | 'now' | 'next' | 'stopped';
}

const stepNames: Readonly<Record<string, string>> = {
  save: 'Take in the files',
  parse: 'Read the text',
  index: 'Build the index',
  snapshot: 'Publish the version',
  done: 'On stage',
};

const shortNames: Readonly<Record<string, string>> = {
  save: 'Taking in',
  parse: 'Reading',
  index: 'Indexing',
  snapshot: 'Publishing',
  done: 'Done',
};

/** 'Reading', of a phase; what it says itself where it is none of ours. */
export const phaseName = (phase: string | undefined): string =>
  phase === undefined ? 'Starting' : (shortNames[phase] ?? phase);

/** The state of a job in a word. */
export function statusLabel(
  { status, lastFailure, result }: Pick<JobView, 'status' | 'lastFailure' | 'result'>,
  isCanceling: boolean,
): Label {
  if (isCanceling) return { text: 'Canceling', tone: 'wait' };
  switch (status) {
    case 'queued':
      return { text: isRetrying({ status, lastFailure }) ? 'Again soon' : 'Queued', tone: 'wait' };
    case 'running':
      return { text: 'Running', tone: 'run' };
    case 'canceled':
      return { text: 'Canceled', tone: 'plain' };
    case 'failed':
      return { text: 'Failed', tone: 'bad' };
    case 'succeeded': {
      const change = asChangeResult(result);
      if (change?.published === false) return { text: 'Nothing to do', tone: 'plain' };
      if ((change?.newlyFailed ?? 0) > 0) return { text: 'Partly published', tone: 'wait' };
      return { text: 'Published', tone: 'good' };
    }
  }
}

/** The job's phases as steps, and where among them it is, or has stopped. */
export function stepsOf(
  phases: readonly string[],
  phase: string | undefined,
  status: JobStatus,
): Step[] {
  const at = phase === undefined ? -1 : phases.indexOf(phase);
  const isOver = status === 'failed' || status === 'canceled';
  const stateOf = (index: number): Step['state'] => {
    if (status === 'succeeded' || index < at) return 'done';
    if (index === Math.max(at, 0) && isOver) return 'stopped';
    return index === at && status === 'running' ? 'now' : 'next';
  };
  return phases.map((name, index) => ({
    phase: name,
    label: stepNames[name] ?? name,
    state: stateOf(index),
  }));
}

export interface Outcome {
  readonly tone: Tone;
  readonly title: string;
  readonly text: string;
}

/**
 * How a change has ended, for the job's card and for the notice.
 *
 * @param current The version that is current; `null` when none is, `undefined` while that is not known.
 */
export function outcomeOf(job: JobView, current: number | null | undefined): Outcome | undefined {
  const stays = staysText(current);
  switch (job.status) {
    case 'canceled':
      return { tone: 'plain', title: 'Canceled, nothing was published', text: stays };
    case 'failed':
      return {
        tone: 'bad',
        title: 'Failed, nothing was published',
        text: `${job.failure.message} ${stays}`.trimEnd(),
      };
    case 'succeeded': {
      const result = asChangeResult(job.result);
      return result === undefined ? undefined : successOf(result);
    }
    default:
      return undefined;
  }
}

function staysText(current: number | null | undefined): string {
  if (current === undefined) return '';
  if (current === null) return 'Nothing is published yet.';
  return `Version ${current} stays current and can be searched.`;
}

function successOf(result: ChangeResult): Outcome {
  if (!result.published) {
    const text = `${countOf(result.duplicates, 'file')} ${result.duplicates === 1 ? 'is' : 'are'} there already, with the same content. Version ${result.gen} stays current.`;
    const nothing = `Version ${result.gen} is up to date and stays current.`;
    return {
      tone: 'plain',
      title: 'Nothing to publish',
      text: result.duplicates > 0 ? text : nothing,
    };
  }
  const { newlyFailed } = result;
  const failed = newlyFailed > 0 ? `, ${countOf(newlyFailed, 'file')} not searchable` : '';
  const inPart = result.partly > 0 ? `, ${formatCount(result.partly)} read in part` : '';
  const text = `${changeText(result)}${inPart}${failed}. In all, the version holds ${countOf(result.documents, 'document')} with ${countOf(result.passages, 'passage')}, ${formatBytes(result.bytes)}.`;
  if (newlyFailed === 0) {
    return { tone: 'good', title: `Version ${result.gen} is published`, text };
  }
  return {
    tone: 'wait',
    title: `Version ${result.gen} is published without ${countOf(newlyFailed, 'file')}`,
    text,
  };
}

/** '3 added, 1 replaced, 2 removed', of what there is. */
export function changeText(
  change: Pick<ChangeResult, 'added' | 'changed' | 'removed'> & { readonly duplicates?: number },
): string {
  const parts = [
    change.added > 0 && `${countOf(change.added, 'document')} added`,
    change.changed > 0 && `${countOf(change.changed, 'document')} replaced`,
    change.removed > 0 && `${countOf(change.removed, 'document')} removed`,
    (change.duplicates ?? 0) > 0 && `${countOf(change.duplicates ?? 0, 'file')} there already`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? 'No document added or removed' : parts.join(', ');
}

/** How a version differs from the one before it. */
export function versionChangeText({ changes, rolledBackTo }: VersionView): string {
  if (rolledBackTo !== null) return `The content of version ${rolledBackTo} again`;
  if (changes === null) return 'The oldest version that is kept';
  return changeText(changes);
}

/** The result of a change, where a view's result is one: views of lists are of any definition. */
export function asChangeResult(result: unknown): ChangeResult | undefined {
  const isChange =
    typeof result === 'object' && result !== null && 'newlyFailed' in result && 'files' in result;
  // Validated by the server against the definition's schema; here only told from other results.
  return isChange ? (result as ChangeResult) : undefined;
}

/** What became of a file, in a few words. */
export const outcomeWords: Readonly<Record<FileOutcome['outcome'], string>> = {
  added: 'Added',
  changed: 'Took the place of the document of that name',
  duplicate: 'Was there already, with the same content',
  failed: 'Cannot be searched',
};

/** The line below the bar of a job at work. */
export function activeSentence(job: JobView, isCanceling: boolean): string {
  if (isCanceling) return 'Canceling. It stops at the next safe place, and nothing is published.';
  if (isRetrying(job)) return 'It starts again by itself.';
  if (job.status === 'queued') return 'Queued behind another job. It starts by itself.';
  const message = job.progress?.message ?? '';
  const files = fileProgressOf(message);
  if (files !== undefined) return progressMessage({ ...files, slow: null });
  return message || phaseName(job.progress?.phase);
}

/** A bar has its colour while work goes on; not while it waits, and not while it is being stopped. */
export const jobBarClass = (status: JobStatus, isCanceling: boolean): string =>
  status === 'running' && !isCanceling ? 'bar' : 'bar bar--idle';

/** For a screen reader, about a job that is at work. */
export const progressSentence = (phase: string | undefined, percent: number | null): string =>
  percent === null ? phaseName(phase) : `${phaseName(phase)}, ${Math.floor(percent)} percent`;

/** Above the files of a change that were read whole: as many as its outcome counts. */
export const otherFilesTitle = (
  { added, changed, duplicates, partly }: ChangeResult,
  isBesideOthers: boolean,
): string =>
  `Details of ${countOf(added + changed + duplicates - partly, isBesideOthers ? 'other file' : 'file')}`;
