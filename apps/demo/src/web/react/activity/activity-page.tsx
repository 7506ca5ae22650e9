import { PageHead } from '../parts/page-head.tsx';
import { EventTable } from './event-table.tsx';
import { JobList } from './job-list.tsx';

export const ActivityPage = () => (
  <>
    <PageHead title="Activity">
      <p className="page-sub">Your jobs alone, and what was written down about them.</p>
    </PageHead>
    <div className="activity">
      <JobList />
      <EventTable />
    </div>
  </>
);
