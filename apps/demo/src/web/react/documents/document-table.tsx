import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { rowHeight } from '../../shared/document-pages.ts';
import { useApp } from '../app-context.ts';
import { useStore } from '../use-store.ts';
import { DocumentRow } from './document-row.tsx';

/** Rows are made for what is in view alone: ten thousand cost as much as thirty. */
export function DocumentTable() {
  const { documents, selection, removal } = useApp();
  const chosen = useStore(selection);
  const { total = 0, rows } = useStore(documents);
  const body = useRef<HTMLDivElement>(null);
  const scrollMargin = useOffsetTop(body);
  const virtualizer = useWindowVirtualizer({
    count: total,
    estimateSize: () => rowHeight,
    overscan: 10,
    scrollMargin,
  });
  const items = virtualizer.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => documents.ensure(first, last), [documents, first, last]);
  return (
    // biome-ignore-start lint/a11y/useSemanticElements: rows stand where the virtualizer puts them.
    // biome-ignore-start lint/a11y/useFocusableInteractive: parts of a table are not widgets.
    <div className="table" role="table" aria-label="Documents" aria-rowcount={total + 1}>
      <div className="table-top" role="rowgroup">
        <div className="table-head" role="row" aria-rowindex={1}>
          <span role="columnheader">
            <span className="hidden-visually">Chosen</span>
          </span>
          <span role="columnheader">Name</span>
          <span role="columnheader" className="row-figure row-passages">
            Passages
          </span>
          <span role="columnheader" className="row-figure">
            Size
          </span>
          <span role="columnheader" className="row-figure row-added">
            Added
          </span>
          <span role="columnheader">
            <span className="hidden-visually">Actions</span>
          </span>
        </div>
      </div>
      <div
        ref={body}
        className="rows"
        role="rowgroup"
        style={{ height: `${virtualizer.getTotalSize()}px` }}
      >
        {items.map(({ index, start }) => (
          <DocumentRow
            key={index}
            index={index}
            top={start - scrollMargin}
            isLast={index === total - 1}
            document={rows.get(index)}
            isChosen={chosen.has(rows.get(index)?.id ?? '')}
            onChoose={selection.toggle}
            onRemove={removal.askFor}
          />
        ))}
      </div>
    </div>
    // biome-ignore-end lint/a11y/useFocusableInteractive: as above
    // biome-ignore-end lint/a11y/useSemanticElements: as above
  );
}

/** Pixels from the top of the page, also when what stands above grows. */
function useOffsetTop(element: React.RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const measure = (): void => {
      const box = element.current?.getBoundingClientRect();
      if (box !== undefined) setTop(Math.round(box.top + window.scrollY));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [element]);
  return top;
}
