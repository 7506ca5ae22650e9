import { formatDuration, formatElapsed } from '../../shared/format.ts';
import { statusLabel } from '../../shared/job-words.ts';
import { useApp } from '../app-context.ts';
import { useCurrentJob } from '../current-job.tsx';
import { Badge } from '../parts/badge.tsx';
import { useNow } from '../use-now.ts';
import { JobMeter } from './job-meter.tsx';
import { JobOutcome } from './job-outcome.tsx';
import { JobSteps } from './job-steps.tsx';
import { NotifyButton } from './notify-button.tsx';

/** This session's newest change, from its start to what became of it. */
export function JobCard() {
  const { notices, putAway } = useApp();
  const { job, isActive, isCanceling, cancel } = useCurrentJob();
  const now = useNow(isActive);
  if (job === undefined) return null;
  const { text, tone } = statusLabel(job.status, isCanceling, job.result);
  const began = job.startedAt ?? job.createdAt;
  const took = isActive ? formatElapsed(now - began) : formatDuration((job.endedAt ?? now) - began);
  return (
    <section className="card job" aria-label="Change">
      <div className="job-head">
        <h2>{isActive ? 'A new version' : 'Last change'}</h2>
        <Badge tone={tone}>{text}</Badge>
      </div>
      {isActive ? (
        <>
          <JobMeter job={job} isCanceling={isCanceling} />
          <JobSteps job={job} />
          <NotifyButton />
        </>
      ) : (
        <JobOutcome job={job} />
      )}
      <div className="job-foot">
        <p className="small soft">
          {isActive
            ? job.status === 'queued'
              ? `Waiting for ${took}`
              : `At work for ${took}`
            : `Took ${took}`}
        </p>
        {isActive ? (
          <button
            type="button"
            className="button button--plain button--small"
            aria-disabled={isCanceling}
            onClick={() => {
              if (!isCanceling) cancel();
            }}
          >
            {isCanceling ? 'Canceling' : 'Cancel'}
          </button>
        ) : (
          <button
            type="button"
            className="button button--plain button--small"
            onClick={() => {
              putAway.add(job.id);
              notices.dismiss(job.id);
            }}
          >
            Done
          </button>
        )}
      </div>
    </section>
  );
}
