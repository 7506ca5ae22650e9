import type { VersionView } from '../../api.ts';
import { versionChangeText } from '../../shared/job-words.ts';

/** What is different from the version before it. */
export const VersionChanges = ({ version }: { version: VersionView }) => (
  <p className="small">{versionChangeText(version)}</p>
);
