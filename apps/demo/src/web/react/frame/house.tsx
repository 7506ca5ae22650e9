import { countOf } from '../../shared/format.ts';
import { useApp } from '../app-context.ts';
import { useStore } from '../use-store.ts';

/** The version that search answers from. */
export function House() {
  const { data } = useStore(useApp().corpus);
  if (data === undefined) return null;
  const { current } = data;
  return (
    <p className="house">
      {current === null
        ? 'Nothing published yet'
        : `Version ${current.gen}, ${countOf(current.documents, 'document')}`}
    </p>
  );
}
