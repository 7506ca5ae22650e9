import type { JobView } from '@offstage/core';
import { jobBarClass, progressSentence } from '../../shared/job-words.ts';

interface JobBarProps {
  readonly job: JobView;
  readonly isCanceling: boolean;
  readonly label: string;
}

/** How far a job is; without a value while that is unknown. */
export function JobBar({ job, isCanceling, label }: JobBarProps) {
  const percent = job.progress?.percent ?? null;
  const isUnknown = percent === null;
  return (
    <progress
      className={jobBarClass(job.status, isCanceling)}
      max={100}
      {...(isUnknown ? {} : { value: percent })}
      aria-label={label}
      aria-valuetext={progressSentence(job.progress?.phase, percent)}
    />
  );
}
