import { settingsCard } from '../../shared/settings-card.ts';
import { useApp } from '../app-context.ts';
import { PageHead } from '../parts/page-head.tsx';
import { Select } from '../parts/select.tsx';
import { StaleBadge } from '../parts/stale-badge.tsx';
import { StaleCard } from '../parts/stale-card.tsx';
import { useStore } from '../use-store.ts';

/** How the corpus is indexed and searched, for all who use it. */
export function SettingsPage() {
  const { settings } = useApp();
  const state = useStore(settings);
  return (
    <>
      <PageHead title="Settings">
        <StaleBadge />
        <p className="page-sub">They hold for the whole corpus, and for everybody who uses it.</p>
      </PageHead>
      {state.error !== undefined && (
        <p className="problem" role="alert">
          {state.error.message}
        </p>
      )}
      {state.settings === undefined && state.error === undefined && <p className="soft">Loading</p>}
      <div className="settings">
        {settingsCard(state, settings).map((setting) => (
          <section key={setting.id} className="card setting">
            <label className="setting-label" htmlFor={setting.id}>
              {setting.label}
            </label>
            <p className="small soft">{setting.text}</p>
            <Select view={setting} id={setting.id} />
          </section>
        ))}
        <StaleCard />
      </div>
    </>
  );
}
