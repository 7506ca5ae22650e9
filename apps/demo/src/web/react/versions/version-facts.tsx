import type { VersionView } from '../../api.ts';
import { formatBytes, formatCount } from '../../shared/format.ts';

export function VersionFacts({ version }: { version: VersionView }) {
  const { documents, passages, failed, bytes, indexBytes, totalBytes } = version;
  const facts = [
    ['Files', formatCount(documents + failed)],
    ['Searchable', formatCount(documents)],
    ['Passages', formatCount(passages)],
    ['Not searchable', formatCount(failed)],
    ['Originals', formatBytes(bytes)],
    ['Index', formatBytes(indexBytes)],
    ['In all', formatBytes(totalBytes)],
  ] as const;
  return (
    <>
      <dl className="facts small">
        {facts.map(([name, value]) => (
          <div key={name} className="fact">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <dl className="hashes">
        <div className="hash">
          <dt>Content</dt>
          <dd>{version.corpusHash}</dd>
        </div>
        <div className="hash">
          <dt>Version</dt>
          <dd>{version.version}</dd>
        </div>
      </dl>
    </>
  );
}
