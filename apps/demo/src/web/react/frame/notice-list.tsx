import { useEffect } from 'react';
import { noticesBeside } from '../../shared/notices.ts';
import { noticeClass } from '../../shared/tone.ts';
import { useApp } from '../app-context.ts';
import { useCurrentJob } from '../current-job.tsx';
import { useStore } from '../use-store.ts';

export function NoticeList() {
  const { notices } = useApp();
  const all = useStore(notices);
  const cardJobId = useCardJobId();
  // What the card has told is told.
  useEffect(() => {
    if (cardJobId !== undefined && all.length > 0) notices.dismiss(cardJobId);
  }, [notices, all, cardJobId]);
  return noticesBeside(all, cardJobId).map(({ key, tone, title, text }) => (
    <section key={key} className={noticeClass(tone)} aria-label={title}>
      <div>
        <h2 className="notice-title small">{title}</h2>
        <p className="notice-text">{text}</p>
      </div>
      <button
        type="button"
        className="button button--quiet button--small"
        aria-label={`Dismiss: ${title}`}
        onClick={() => notices.dismiss(key)}
      >
        Dismiss
      </button>
    </section>
  ));
}

/** The job whose card is on the page that is open. */
function useCardJobId(): string | undefined {
  const { putAway, router } = useApp();
  const { job } = useCurrentJob();
  const { page } = useStore(router);
  const away = useStore(putAway);
  return page === 'documents' && job !== undefined && !away.has(job.id) ? job.id : undefined;
}
