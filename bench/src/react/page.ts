/// <reference lib="dom" />
// Two hundred components that watch one job through a stream, and a count of what the browser drew.
import { HttpJobClient } from '@offstage/http/client';
import { JobsProvider, useJobProgress } from '@offstage/react';
import { createElement, type ReactNode, useEffect, useState } from 'react';
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

interface RowProps {
  readonly index: number;
  readonly percent: number | null;
  readonly message: string;
  readonly isActive: boolean;
  readonly onCancel: () => unknown;
}

function row({ index, percent, message, isActive, onCancel }: RowProps): ReactNode {
  renders++;
  rendersNow[index] = (rendersNow[index] ?? 0) + 1;
  return createElement(
    'li',
    null,
    createElement('progress', { max: 100, value: percent ?? undefined }),
    createElement('span', null, message),
    createElement('button', { type: 'button', disabled: !isActive, onClick: onCancel }, 'Cancel'),
  );
}

function WatchedRow({ id, index }: { readonly id: string; readonly index: number }): ReactNode {
  const { job, percent, message, isActive, cancel } = useJobProgress(id);
  newest = job?.progress?.seq ?? 0;
  return row({ index, percent, message, isActive, onCancel: cancel });
}

/** The peer: rows that draw the same, in React alone, from a number that grows in the page. */
function PlainRow({ index, event }: { readonly index: number; readonly event: number }): ReactNode {
  newest = event;
  const message = `Event ${event}`;
  return row({ index, percent: event % 100, message, isActive: true, onCancel: () => undefined });
}

function PlainRows({ rows, perSecond }: { readonly rows: number; readonly perSecond: number }) {
  const [event, setEvent] = useState(1);
  useEffect(() => {
    // As often as a client that is pushed looks.
    const timer = setInterval(() => setEvent((now) => now + perSecond / 20), 50);
    return () => clearInterval(timer);
  }, [perSecond]);
  return numbers(rows).map((index) => createElement(PlainRow, { key: index, index, event }));
}

/** Mounts rows that watch a job, and resolves when they show it. */
async function mount(id: string, rows: number): Promise<void> {
  const client = new HttpJobClient({ baseUrl: '/jobs' });
  const items = numbers(rows).map((index) => createElement(WatchedRow, { key: index, id, index }));
  await show(createElement(JobsProvider, { client }, items));
}

const mountPlain = (perSecond: number, rows: number): Promise<void> =>
  show(createElement(PlainRows, { rows, perSecond }));

async function show(tree: ReactNode): Promise<void> {
  createRoot(document.body.appendChild(document.createElement('ul'))).render(tree);
  while (newest === 0) await nextFrame();
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

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

Object.assign(globalThis, { mount, mountPlain, record });
