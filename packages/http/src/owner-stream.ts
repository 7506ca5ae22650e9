import type { JobClient } from '@offstage/core';
import type { StreamPart, StreamSource } from './event-stream.ts';
import { type ChangeWatch, watchOrRepeat } from './watch-or-repeat.ts';

// More jobs than this at once are told as "all".
const maxIds = 1000;

/**
 * Which of an owner's jobs changed, merged until the reader takes it (H3). It holds no state that a
 * reconnect could miss: after `ready` a client reads whatever it shows, and after `change` what that
 * names.
 */
export function ownerSource(client: JobClient, watch: ChangeWatch): StreamSource {
  let isReady = false;
  let isAll = false;
  const ids = new Set<string>();
  return {
    open: (changed) =>
      watchOrRepeat(client, undefined, watch, (id) => {
        // Before it is read, so a client that cannot tell which costs no more than one that can.
        if (id === undefined || ids.size >= maxIds) isAll = true;
        else ids.add(id);
        changed();
      }),
    async next(): Promise<StreamPart | undefined> {
      if (!isReady) {
        isReady = true;
        return { text: 'event: ready\ndata: {}\n\n', more: isAll || ids.size > 0 };
      }
      if (!isAll && ids.size === 0) return undefined;
      const data = isAll ? { all: true } : { ids: [...ids] };
      isAll = false;
      ids.clear();
      return { text: `event: change\ndata: ${JSON.stringify(data)}\n\n` };
    },
  };
}
