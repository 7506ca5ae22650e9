import { countOf } from '../../shared/format.ts';
import { useApp } from '../app-context.ts';
import { useStore } from '../use-store.ts';

/** The version that search answers from. */
export function CurrentVersion() {
  const { data } = useStore(useApp().corpus);
  if (data === undefined) return null;
  const { current } = data;
  return (
    <p className="current-version">
      {current === null
        ? 'Nothing published yet'
        : `Version ${current.gen}, ${countOf(current.documents + current.failed, 'file')}`}
    </p>
  );
}
