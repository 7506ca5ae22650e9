import type { JobView } from '@offstage/core';
import { progressSentence } from '../../shared/job-words.ts';

/** How far a job is; without a value while that is unknown. */
export function JobBar({ job, label }: { job: JobView; label: string }) {
  const percent = job.progress?.percent ?? null;
  const isUnknown = percent === null;
  return (
    <progress
      className="bar"
      max={100}
      {...(isUnknown ? {} : { value: percent })}
      aria-label={label}
      aria-valuetext={progressSentence(job.progress?.phase, percent)}
    />
  );
}
