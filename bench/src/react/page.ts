/// <reference lib="dom" />
// Two hundred components that watch one job through a stream, and a count of what the browser drew.
import { HttpJobClient } from '@offstage/http/client';
import { JobsProvider, useJobProgress } from '@offstage/react';
import { createElement, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';

export interface FrameReport {
  readonly frames: number;
  /** Milliseconds from one frame to the next, as the browser schedules them. */
  readonly intervals: readonly number[];
  /** Milliseconds of script, style and layout in each frame. */
  readonly work: readonly number[];
  readonly renders: number;
  /** The most renders of one component between two frames. */
  readonly mostRendersInAFrame: number;
  /** How many events the job had reported by the end. */
  readonly events: number;
}

let rendersNow: number[] = [];
let renders = 0;
let newest = 0;

function Row({ id, index }: { readonly id: string; readonly index: number }): ReactNode {
  const { job, percent, message, isActive, cancel } = useJobProgress(id);
  renders++;
  rendersNow[index] = (rendersNow[index] ?? 0) + 1;
  newest = job?.progress?.seq ?? 0;
  return createElement(
    'li',
    null,
    createElement('progress', { max: 100, value: percent ?? undefined }),
    createElement('span', null, message),
    createElement('button', { type: 'button', disabled: !isActive, onClick: cancel }, 'Cancel'),
  );
}

/** Mounts the rows and resolves when all of them show the job. */
async function mount(id: string, rows: number): Promise<void> {
  const client = new HttpJobClient({ baseUrl: '/jobs' });
  const items = Array.from({ length: rows }, (_, index) =>
    createElement(Row, { key: index, id, index }),
  );
  createRoot(document.body.appendChild(document.createElement('ul'))).render(
    createElement(JobsProvider, { client }, items),
  );
  while (newest === 0) await nextFrame();
}

/** Watches the browser draw for that many frames. */
async function record(frames: number): Promise<FrameReport> {
  const intervals: number[] = [];
  const work: number[] = [];
  let mostRendersInAFrame = 0;
  const channel = new MessageChannel();
  const afterFrame = (): Promise<number> =>
    new Promise((resolve) => {
      channel.port1.onmessage = () => resolve(performance.now());
      channel.port2.postMessage(undefined);
    });
  renders = 0;
  let last = await nextFrame();
  for (let frame = 0; frame < frames; frame++) {
    rendersNow = [];
    const now = await nextFrame();
    intervals.push(now - last);
    last = now;
    // A task that was posted within a frame comes after it has been drawn.
    work.push((await afterFrame()) - now);
    mostRendersInAFrame = Math.max(mostRendersInAFrame, 0, ...rendersNow.filter(Number.isFinite));
  }
  return { frames, intervals, work, renders, mostRendersInAFrame, events: newest };
}

const nextFrame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));

Object.assign(globalThis, { mount, record });
