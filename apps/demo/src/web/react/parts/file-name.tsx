import { splitName } from '../../shared/split-name.ts';

/** A name on one line; a long one is shortened in its middle, and read out as a whole. */
export function FileName({ name }: { name: string }) {
  const { start, end } = splitName(name);
  if (end === '') {
    return (
      <bdi className="file-name" title={name}>
        {name}
      </bdi>
    );
  }
  return (
    <bdi className="file-name file-name--long" title={name}>
      <span className="hidden-visually">{name}</span>
      <span className="file-name-start" aria-hidden="true">
        {start}
      </span>
      <span className="file-name-end" aria-hidden="true">
        {end}
      </span>
    </bdi>
  );
}
