import type { JobClient } from '@offstage/core';
import type { HintStream } from './hint-stream.ts';
import type { HttpPorts } from './http-job-client-options.ts';

/**
 * `watch` over a stream whose code is loaded with the first watcher, so that a page shows its jobs
 * before. Where that cannot be loaded, watchers poll, and the next watcher tries again.
 */
export function lazyHints(ports: HttpPorts): NonNullable<JobClient['watch']> {
  let loading: Promise<void> | undefined;
  let stream: HintStream | undefined;
  return (id, onChange, onPush) => {
    let stop: (() => void) | undefined = stream?.watch(id, onChange, onPush);
    if (stop !== undefined) return stop;
    let stopped = false;
    onPush?.(false);
    loading ??= import('./hint-stream.ts').then(({ HintStream }) => {
      stream ??= new HintStream(ports);
      // Here before a click wants it, and before a deploy takes the files of this page away.
      void import('./start-job.ts').catch(() => undefined);
    });
    loading.then(
      () => {
        if (!stopped) stop = stream?.watch(id, onChange, onPush);
      },
      () => {
        loading = undefined;
      },
    );
    return () => {
      stopped = true;
      stop?.();
    };
  };
}
