import { noticeClass } from '../../shared/tone.ts';
import { useApp } from '../app-context.ts';
import { useStore } from '../use-store.ts';

export function NoticeList() {
  const { notices } = useApp();
  return useStore(notices).map(({ key, tone, title, text }) => (
    <section key={key} className={noticeClass(tone)} aria-label="Notice">
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
