import { ActivityPage } from '../activity/activity-page.tsx';
import { useApp } from '../app-context.ts';
import { DocumentPage } from '../document/document-page.tsx';
import { DocumentsPage } from '../documents/documents-page.tsx';
import { SearchPage } from '../search/search-page.tsx';
import { SettingsPage } from '../settings/settings-page.tsx';
import { useStore } from '../use-store.ts';
import { VersionsPage } from '../versions/versions-page.tsx';
import { Announcements } from './announcements.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { CookiesBanner } from './cookies-banner.tsx';
import { InterruptionList } from './interruption-list.tsx';
import { NotFoundPage } from './not-found-page.tsx';
import { NoticeList } from './notice-list.tsx';
import { Sidebar } from './sidebar.tsx';

const views = {
  documents: DocumentsPage,
  search: SearchPage,
  versions: VersionsPage,
  activity: ActivityPage,
  settings: SettingsPage,
  document: DocumentPage,
  'not-found': NotFoundPage,
};

/** What stands around every page. */
export function Frame() {
  const { router } = useApp();
  const { page } = useStore(router);
  const Page = views[page];
  return (
    <>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <div className="frame">
        <Sidebar page={page} />
        <main className="stage" id="main" tabIndex={-1}>
          <div className="notices">
            <ConnectionBanner />
            <CookiesBanner />
            <InterruptionList />
            <NoticeList />
          </div>
          <Page />
        </main>
      </div>
      <Announcements />
    </>
  );
}
