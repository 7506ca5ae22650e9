import { useApp } from '../app-context.ts';
import { useCurrentJob } from '../current-job.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { StaleBadge } from '../parts/stale-badge.tsx';
import { StaleCard } from '../parts/stale-card.tsx';
import { useStore } from '../use-store.ts';
import { BusyCard } from './busy-card.tsx';
import { DocumentList } from './document-list.tsx';
import { DropZone } from './drop-zone.tsx';
import { JobCard } from './job-card.tsx';
import { LeftoverCard } from './leftover-card.tsx';
import { PendingCard } from './pending-card.tsx';
import { RefusedCard } from './refused-card.tsx';
import { RemoveDialog } from './remove-dialog.tsx';
import { ReplacingCard } from './replacing-card.tsx';
import { UploadCard } from './upload-card.tsx';

export function DocumentsPage() {
  const { corpus, putAway } = useApp();
  const isFirst = useStore(corpus).data?.current === null;
  const { job } = useCurrentJob();
  useStore(putAway);
  return (
    <>
      <PageHead title="Documents">
        <StaleBadge />
      </PageHead>
      <div className={isFirst ? 'desk desk--first' : 'desk'}>
        <div className="desk-work">
          <UploadCard />
          <ReplacingCard />
          <PendingCard />
          <BusyCard />
          {job !== undefined && !putAway.has(job.id) && <JobCard key={job.id} />}
          <RefusedCard />
          <LeftoverCard />
          <StaleCard />
          <DropZone />
        </div>
        <DocumentList />
      </div>
      <RemoveDialog />
    </>
  );
}
