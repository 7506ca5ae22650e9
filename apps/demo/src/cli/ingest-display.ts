import type { JobFailure, ProgressEvent } from '@offstage/core';
import cliProgress from 'cli-progress';
import type { IngestResult } from '../change/ingest-job.ts';
import { count, formatBytes, formatDuration, styler, visible } from './terminal-text.ts';

/** What an ingest tells the person, or the program, that started it. */
export interface IngestDisplay {
  started(jobId: string): void;
  /** New events, oldest first; `missed` more came before them and were dropped. */
  progress(events: readonly ProgressEvent[], missed: number): void;
  canceling(): void;
  /** A second Ctrl-C: the process ends now. */
  stoppedAtOnce(): void;
  published(result: IngestResult, durationMs: number): void;
  /** Nothing had changed, so nothing was published. */
  unchanged(result: IngestResult, durationMs: number): void;
  failed(failure: JobFailure): void;
  /** `current` is the version that stays, if there is one. */
  canceled(current: string | undefined): void;
  /** From now on the folder is looked at whenever it has changed. */
  watching(folder: string): void;
  /** A file waits, for it is being written to. */
  waiting(path: string): void;
  /** It went on being written to, and was taken as it was. */
  taken(path: string): void;
  /** The system does not tell what happens in the folder. */
  deaf(code: string): void;
  /** Watching has ended. */
  ended(): void;
}

/** One line of JSON for each event, on standard output. */
export function jsonDisplay(): IngestDisplay {
  const print = (event: string, fields: object = {}): void => {
    process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
  };
  return {
    started: (jobId) => print('started', { jobId }),
    progress: (events, missed) => {
      if (missed > 0) print('missed', { count: missed });
      for (const event of events) print('progress', event);
    },
    canceling: () => print('canceling'),
    stoppedAtOnce: () => print('stopped', { published: false }),
    published: (result, durationMs) =>
      print('published', { ...result, durationMs: Math.round(durationMs) }),
    unchanged: (result, durationMs) =>
      print('unchanged', { ...result, durationMs: Math.round(durationMs) }),
    failed: (failure) => print('failed', failure),
    canceled: (current) => print('canceled', { current: current ?? null }),
    watching: (folder) => print('watching', { folder }),
    waiting: (path) => print('waiting', { path }),
    taken: (path) => print('taken', { path }),
    deaf: (code) => print('deaf', { code }),
    ended: () => print('ended'),
  };
}

export interface TextDisplayOptions {
  /** How to search what was published, for the last line. */
  readonly searchCommand: string;
}

/** For people: a bar where there is a terminal, lines where there is none. */
export function textDisplay({ searchCommand }: TextDisplayOptions): IngestDisplay {
  const newMeter = (): Meter => (process.stderr.isTTY ? barMeter() : lineMeter());
  let meter = newMeter();
  const out = styler(process.stdout);
  const err = styler(process.stderr);
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  return {
    started: () => {
      meter.stop();
      meter = newMeter();
    },
    progress: (events) => {
      const newest = events.at(-1);
      if (newest !== undefined) meter.show(newest);
    },
    canceling: () => {
      meter.stop();
      say('canceling… (Ctrl-C again stops at once)');
    },
    stoppedAtOnce: () => {
      meter.stop();
      say('Still stopping, and ended at once. Nothing was published; the next ingest clears up.');
    },
    published: (result, durationMs) => {
      meter.stop();
      const { version, documents, passages, bytes, failed, failures, hidden, gen } = result;
      const lines = [
        out('bold', `Published version ${version}`),
        `  ${count(documents, 'document')}, ${count(passages, 'passage')}, ${formatBytes(bytes)}, in ${formatDuration(durationMs)}`,
      ];
      if (gen > 1) lines.push(`  ${comparedWithBefore(result)}`);
      if (failed > 0) {
        lines.push(out('yellow', `  ${count(failed, 'file')} left out:`));
        for (const { path, message } of failures) lines.push(`    ${visible(path)}: ${message}`);
        if (failed > failures.length) {
          lines.push(`    and ${(failed - failures.length).toLocaleString('en')} more`);
        }
      }
      if (hidden > 0) {
        const entries = `${hidden.toLocaleString('en')} ${hidden === 1 ? 'entry' : 'entries'}`;
        lines.push(`  ${entries} passed over: hidden, left by a system, or another data folder`);
      }
      lines.push(`  Search it: ${searchCommand}`);
      process.stdout.write(`${lines.join('\n')}\n`);
    },
    unchanged: ({ version, documents, failed, uploads }, durationMs) => {
      meter.stop();
      const files = count(documents + failed - uploads, 'file');
      process.stdout.write(
        `Nothing has changed: ${files} in ${formatDuration(durationMs)}; version ${version} stays the current one.\n`,
      );
    },
    failed: ({ code, message, reference }) => {
      meter.stop();
      say(`${err('red', 'Failed')}: ${visible(message)} [${code}, reference ${reference}]`);
    },
    canceled: (current) => {
      meter.stop();
      const stays = current === undefined ? '' : ` Version ${current} is still the current one.`;
      say(`Canceled. Nothing was published.${stays}`);
    },
    watching: (folder) => say(`Watching ${visible(folder)}. Press Ctrl-C to stop.`),
    waiting: (path) => say(`${visible(path)} is being written to, and waits.`),
    taken: (path) =>
      say(`${visible(path)} goes on being written to, and was taken as it was just now.`),
    deaf: (code) =>
      say(
        `This system does not tell of all that happens in the folder (${code}), so it is looked at every few seconds.`,
      ),
    ended: () => say('Watching has ended.'),
  };
}

/** All files of the folder, documents and those left out; what was removed is not there any more. */
export function comparedWithBefore(result: IngestResult): string {
  const { documents, failed, uploads, removed, reread } = result;
  const kinds = ['added', 'changed', 'moved', 'unchanged'] as const;
  const some = kinds.flatMap((kind) =>
    result[kind] === 0 ? [] : [`${result[kind].toLocaleString('en')} ${kind}`],
  );
  const files = `${count(documents + failed - uploads, 'file')}: ${some.join(', ')}`;
  const gone = removed === 0 ? '' : `; ${removed.toLocaleString('en')} removed`;
  const others = uploads === 0 ? '' : `; beside ${count(uploads, 'upload')}`;
  const again =
    reread === 0
      ? ''
      : `; ${reread.toLocaleString('en')} read anew, for what reads their kind has changed`;
  return `${files}${gone}${others}${again}`;
}

interface Meter {
  show(event: ProgressEvent): void;
  stop(): void;
}

function barMeter(): Meter {
  const bar = new cliProgress.SingleBar(
    {
      format: '{bar} {percentage}%  {phase}  {message}',
      hideCursor: true,
      clearOnComplete: true,
      // Ctrl-C is this program's own affair.
      gracefulExit: false,
      barsize: 30,
      etaBuffer: 50,
    },
    cliProgress.Presets.shades_classic,
  );
  let state: 'new' | 'shown' | 'stopped' = 'new';
  return {
    show({ percent, phase, message }) {
      if (state === 'stopped') return;
      const value = Math.floor(percent ?? 0);
      const payload = { phase, message: visible(message) };
      if (state === 'new') bar.start(100, value, payload);
      else bar.update(value, payload);
      state = 'shown';
    },
    stop() {
      if (state === 'shown') bar.stop();
      state = 'stopped';
    },
  };
}

/** A line for each phase and each tenth. */
function lineMeter(): Meter {
  let last = '';
  let stopped = false;
  return {
    show({ percent, phase, message }) {
      const tenth = Math.floor((percent ?? 0) / 10) * 10;
      const step = `${phase} ${tenth}`;
      if (stopped || step === last) return;
      last = step;
      process.stderr.write(
        `${phase.padEnd(8)} ${String(tenth).padStart(3)}%  ${visible(message)}\n`,
      );
    },
    stop() {
      stopped = true;
    },
  };
}
