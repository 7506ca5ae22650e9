import { fileProgressOf } from '../../change/file-progress.ts';
import { countOf, formatDuration } from './format.ts';
import { Store } from './store.ts';

/** A moment of a job's progress. */
export interface PaceSample {
  readonly atMs: number;
  readonly percent: number;
  /** `null` where the job does not count files. */
  readonly files: number | null;
}

// Less than that tells nothing, and what is older no longer holds.
const leastMs = 3000;
const windowMs = 20_000;

/** How long it will take and how fast it goes, once that can be told; empty before. */
export function paceText(samples: readonly PaceSample[]): string {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return '';
  const ms = last.atMs - first.atMs;
  const percent = last.percent - first.percent;
  if (ms < leastMs || percent <= 0) return '';
  const left = ((100 - last.percent) * ms) / percent;
  const parts = [`About ${formatDuration(Math.max(1000, Math.round(left / 1000) * 1000))} left`];
  if (first.files !== null && last.files !== null && last.files > first.files) {
    const rate = ((last.files - first.files) * 1000) / ms;
    parts.push(
      `${countOf(rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate), 'file')} a second`,
    );
  }
  return parts.join(', ');
}

/** The pace of the job that is at work. */
export class Pace extends Store<string> {
  #jobId = '';
  #samples: PaceSample[] = [];

  constructor() {
    super('');
  }

  /** Takes note of a job's progress. */
  readonly note = (jobId: string, percent: number | null, message: string): void => {
    // Another attempt begins anew.
    const isBehind = percent !== null && percent < (this.#samples.at(-1)?.percent ?? 0);
    if (jobId !== this.#jobId || isBehind) this.#samples = [];
    this.#jobId = jobId;
    if (percent === null) return;
    const atMs = performance.now();
    const files = fileProgressOf(message)?.done ?? null;
    this.#samples = [
      ...this.#samples.filter((sample) => atMs - sample.atMs < windowMs && sample.percent > 0),
      { atMs, percent, files },
    ];
    this.set(paceText(this.#samples));
  };
}
