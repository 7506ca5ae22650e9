import {
  formatClock,
  formatDuration,
  formatPercent,
  isoTime,
  shortHash,
} from '../../shared/format.ts';
import { phaseName } from '../../shared/job-words.ts';
import { useApp } from '../app-context.ts';
import { Badge } from '../parts/badge.tsx';
import { useStore } from '../use-store.ts';

/** The event log, live (D10). Not read out: it would never stop. */
export function EventTable() {
  const { events, isOpen } = useStore(useApp().log);
  return (
    <section aria-labelledby="log-title">
      <div className="section-head">
        <h2 id="log-title">Event log</h2>
        <Badge tone={isOpen ? 'good' : 'wait'}>{isOpen ? 'Live' : 'Connecting'}</Badge>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard. */}
      <section className="log" aria-label="Events, newest first" tabIndex={0}>
        {events.length === 0 ? (
          <p className="log-empty soft">Nothing was written yet.</p>
        ) : (
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Event</th>
                <th scope="col">Job</th>
                <th scope="col">Phase</th>
                <th scope="col" className="figure">
                  Percent
                </th>
                <th scope="col" className="figure">
                  Duration
                </th>
                <th scope="col">Code</th>
              </tr>
            </thead>
            <tbody>
              {events.map(({ key, at, event, jobId, phase, percent, durationMs, code }) => (
                <tr key={key}>
                  <td>
                    <time dateTime={isoTime(at)}>{formatClock(at)}</time>
                  </td>
                  <td>{event}</td>
                  <td>
                    <code>{shortHash(jobId)}</code>
                  </td>
                  <td>{phase !== null && phaseName(phase)}</td>
                  <td className="figure">{percent !== null && formatPercent(percent)}</td>
                  <td className="figure">{durationMs !== null && formatDuration(durationMs)}</td>
                  <td>{code !== null && <code>{code}</code>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
    </section>
  );
}
