import { jobCard } from '../../shared/job-card.ts';
import { useApp } from '../app-context.ts';
import { useCurrentJob } from '../current-job.tsx';
import { ActionButton } from '../parts/action-button.tsx';
import { Badge } from '../parts/badge.tsx';
import { useNow } from '../use-now.ts';
import { useStore } from '../use-store.ts';
import { JobMeter } from './job-meter.tsx';
import { JobOutcome } from './job-outcome.tsx';
import { JobSteps } from './job-steps.tsx';
import { NotifyButton } from './notify-button.tsx';

/** This session's newest change, from its start to what became of it. */
export function JobCard() {
  const { putAwayJob, pace: paces } = useApp();
  const pace = useStore(paces);
  const { job, isActive, isCanceling, cancel } = useCurrentJob();
  const now = useNow(isActive);
  if (job === undefined) return null;
  const putAway = (): void => putAwayJob(job.id);
  const card = jobCard(job, { isCanceling, now, cancel, putAway, pace });
  return (
    <section className="card job" aria-label="Change">
      <div className="job-head">
        <h2>{card.title}</h2>
        <Badge tone={card.badge.tone}>{card.badge.text}</Badge>
      </div>
      {isActive ? (
        <>
          <JobMeter job={job} isCanceling={isCanceling} card={card} />
          <JobSteps job={job} />
          <NotifyButton />
        </>
      ) : (
        <JobOutcome job={job} />
      )}
      <div className="job-foot">
        <p className="small soft">{card.time}</p>
        {card.actions.map((action) => (
          <ActionButton key={action.key} action={action} />
        ))}
      </div>
    </section>
  );
}
