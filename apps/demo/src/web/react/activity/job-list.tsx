import { useJobs } from '@offstage/react';
import { Empty } from '../parts/empty.tsx';
import { JobRow } from './job-row.tsx';

export function JobList() {
  const { jobs, isPending, error } = useJobs();
  return (
    <section aria-labelledby="jobs-title">
      <div className="section-head">
        <h2 id="jobs-title">Jobs</h2>
      </div>
      {error !== undefined && (
        <p className="problem" role="alert">
          {error.message}
        </p>
      )}
      {isPending && <p className="soft">Loading</p>}
      {!isPending && jobs.length === 0 && (
        <Empty title="No jobs">Changes that you start are listed here until you clear them.</Empty>
      )}
      <ul className="jobs" aria-label="Jobs">
        {jobs.map(({ id }) => (
          <JobRow key={id} jobId={id} />
        ))}
      </ul>
    </section>
  );
}
