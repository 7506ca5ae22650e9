import { jobCard } from '../../shared/job-card.ts';
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
  const { title, badge, line, time, action } = jobCard(job, isCanceling, now);
  const act = (): void => {
    if (action.kind === 'cancel') {
      if (!action.isUnderWay) cancel();
      return;
    }
    putAway.add(job.id);
    notices.dismiss(job.id);
  };
  return (
    <section className="card job" aria-label="Change">
      <div className="job-head">
        <h2>{title}</h2>
        <Badge tone={badge.tone}>{badge.text}</Badge>
      </div>
      {isActive ? (
        <>
          <JobMeter job={job} isCanceling={isCanceling} line={line} />
          <JobSteps job={job} />
          <NotifyButton />
        </>
      ) : (
        <JobOutcome job={job} />
      )}
      <div className="job-foot">
        <p className="small soft">{time}</p>
        {/* Another one for another action: what has the focus is not to do something else all at once. */}
        <button
          key={action.kind}
          type="button"
          className="button button--plain button--small"
          aria-disabled={action.kind === 'cancel' ? action.isUnderWay : undefined}
          onClick={act}
        >
          {action.label}
        </button>
      </div>
    </section>
  );
}
