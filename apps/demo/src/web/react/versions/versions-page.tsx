import { useState } from 'react';
import type { VersionView } from '../../api.ts';
import { useApp } from '../app-context.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { Empty } from '../parts/empty.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { StaleBadge } from '../parts/stale-badge.tsx';
import { useStore } from '../use-store.ts';
import { VersionCard } from './version-card.tsx';

export function VersionsPage() {
  const { versions, corpus, rollback } = useApp();
  const { data, error } = useStore(versions);
  const busy = useStore(corpus).data?.busy ?? null;
  const [wanted, setWanted] = useState<VersionView>();
  return (
    <>
      <PageHead title="Versions">
        <StaleBadge />
        <p className="page-sub">
          Each change publishes a whole new version. Older ones stay as they were.
        </p>
      </PageHead>
      {error !== undefined && (
        <p className="problem" role="alert">
          {error.message}
        </p>
      )}
      {busy !== null && <p className="notice notice--wait wait-line">{busy.message}</p>}
      {data === undefined && error === undefined && <p className="soft">Loading</p>}
      {data?.length === 0 && (
        <Empty title="No version yet">The first one is published when documents are added.</Empty>
      )}
      <ul className="versions" aria-label="Versions">
        {data?.map((version) => (
          <VersionCard
            key={version.version}
            version={version}
            isBusy={busy !== null}
            onRollback={setWanted}
          />
        ))}
      </ul>
      {wanted && (
        <ConfirmDialog
          title={`Make version ${wanted.gen} current again?`}
          confirm="Make current"
          onConfirm={() => rollback(wanted.gen)}
          onClose={() => setWanted(undefined)}
        >
          Its documents are published once more, as a version of their own, and search answers from
          them at once. No version is lost.
        </ConfirmDialog>
      )}
    </>
  );
}
