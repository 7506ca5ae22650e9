import { isStale } from '../../shared/corpus-words.ts';
import { useApp } from '../app-context.ts';
import { useStore } from '../use-store.ts';
import { Badge } from './badge.tsx';

/** Shown while what is published is not what it would be if it were made now (D4). */
export function StaleBadge() {
  const { corpus, uploads, change } = useApp();
  const stale = isStale(useStore(corpus).data, useStore(uploads), useStore(change));
  return stale && <Badge tone="wait">Stale index</Badge>;
}
