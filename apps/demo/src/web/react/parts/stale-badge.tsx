import { useApp } from '../app-context.ts';
import { useStore } from '../use-store.ts';
import { Badge } from './badge.tsx';

/** Shown while what is published is not what it would be if it were made now (D4). */
export function StaleBadge() {
  const { data } = useStore(useApp().corpus);
  return data?.stale && <Badge tone="wait">Stale index</Badge>;
}
