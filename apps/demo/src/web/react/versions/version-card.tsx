import { exportPath, type VersionView } from '../../api.ts';
import { exportLabel } from '../../shared/corpus-words.ts';
import { formatMoment, isoTime } from '../../shared/format.ts';
import { Badge } from '../parts/badge.tsx';
import { VersionChanges } from './version-changes.tsx';
import { VersionFacts } from './version-facts.tsx';

interface VersionCardProps {
  readonly version: VersionView;
  readonly isBusy: boolean;
  readonly onRollback: (version: VersionView) => void;
}

export function VersionCard({ version, isBusy, onRollback }: VersionCardProps) {
  const { gen, current, createdAt, settingsChanged } = version;
  return (
    <li className={current ? 'card version version--current' : 'card version'}>
      <div className="version-head">
        <h2>Version {gen}</h2>
        {current && <Badge tone="good">Current</Badge>}
        {settingsChanged && <Badge tone="wait">Stale index</Badge>}
        <time className="small soft" dateTime={isoTime(createdAt)}>
          {formatMoment(createdAt)}
        </time>
        {!current && (
          <button
            type="button"
            className="button button--plain button--small"
            disabled={isBusy}
            onClick={() => onRollback(version)}
          >
            Make current<span className="hidden-visually"> version {gen}</span>
          </button>
        )}
      </div>
      <VersionChanges version={version} />
      <VersionFacts version={version} />
      <p className="small">
        <a href={exportPath(version.version)} download>
          {exportLabel}
          <span className="hidden-visually"> of version {gen}</span>
        </a>
      </p>
    </li>
  );
}
