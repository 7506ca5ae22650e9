import type { JobClient } from '@offstage/core';
import { type ReactNode, StrictMode } from 'react';
import { render } from 'vitest-browser-react';
import { JobsProvider } from '../jobs-provider.ts';
import { Host, type Render } from './host.ts';

/** The provider, in StrictMode or not. */
export function Stage(props: {
  readonly client: JobClient;
  readonly strict?: boolean;
  readonly children: ReactNode;
}) {
  const provided = <JobsProvider client={props.client}>{props.children}</JobsProvider>;
  return props.strict === true ? <StrictMode>{provided}</StrictMode> : provided;
}

/** Mounts a hook and keeps what each of its renders saw, in order. */
export async function mountHook<Props, Value>(
  hook: (props: Props) => Value,
  options: { readonly client: JobClient; readonly strict?: boolean; readonly props: Props },
) {
  const { client, strict = false } = options;
  const renders: Render<Props, Value>[] = [];
  const tree = (props: Props) => (
    <Stage client={client} strict={strict}>
      <Host hook={hook} props={props} renders={renders} />
    </Stage>
  );
  const { rerender, unmount } = await render(tree(options.props));
  return {
    renders,
    rerender: (props: Props) => rerender(tree(props)),
    unmount,
    /** What the newest render saw. */
    current: (): Value => {
      const newest = renders.at(-1);
      if (newest === undefined) throw new Error('The hook has not rendered.');
      return newest.value;
    },
  };
}

/** Resolves when the browser has drawn `count` frames. */
export async function frames(count: number): Promise<void> {
  for (let left = count; left > 0; left--) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
}

/** Numbers the browser's frames from now on. */
export function countFrames() {
  let frame = 0;
  let handle = requestAnimationFrame(function next() {
    frame++;
    handle = requestAnimationFrame(next);
  });
  return { current: () => frame, stop: () => cancelAnimationFrame(handle) };
}
