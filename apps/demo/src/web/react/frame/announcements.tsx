import { useApp } from '../app-context.ts';
import { useStore } from '../use-store.ts';

/** The one live region, so that nothing is read out twice. */
export function Announcements() {
  const text = useStore(useApp().announcer);
  return (
    <p className="hidden-visually" role="status" aria-live="polite">
      {text}
    </p>
  );
}
