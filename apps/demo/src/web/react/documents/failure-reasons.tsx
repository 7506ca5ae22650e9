import { useState } from 'react';
import { asSentence, countOf } from '../../shared/format.ts';
import { useApp } from '../app-context.ts';
import { useStore } from '../use-store.ts';
import { RemoveDialog } from './remove-dialog.tsx';

/** Why documents cannot be searched: how many each reason concerns, and what can be done with these. */
export function FailureReasons() {
  const { documents } = useApp();
  const { query, reasons } = useStore(documents);
  const [leaving, setLeaving] = useState<readonly string[]>();
  if (query.kind !== 'failed') return null;
  return (
    <section className="failure-reasons" aria-label="Reasons">
      <ul>
        {reasons.map(({ reason, count }) => (
          <li key={reason} className="failure-reason">
            <button
              type="button"
              className="button button--quiet button--small"
              aria-pressed={query.reason === reason}
              onClick={() => documents.ask({ reason: query.reason === reason ? '' : reason })}
            >
              {countOf(count, 'file')}
            </button>
            <span className="small name">{asSentence(reason)}</span>
            <button
              type="button"
              className="button button--quiet button--small row-remove"
              onClick={() => documents.idsOf(reason).then(setLeaving, () => undefined)}
            >
              Remove<span className="hidden-visually"> all of this reason: {reason}</span>
            </button>
          </li>
        ))}
      </ul>
      {leaving && <RemoveDialog ids={leaving} onClose={() => setLeaving(undefined)} />}
    </section>
  );
}
