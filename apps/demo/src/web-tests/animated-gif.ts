import { applyPalette, GIFEncoder, quantize } from 'gifenc';
import { PNG } from 'pngjs';
import type { Frame } from './screencast.ts';

export interface GifOptions {
  /** A picture that comes sooner takes the place of the one before. */
  readonly minFrameMs: number;
  /** What stands longer is cut short: nothing is to be seen but the clock. */
  readonly maxFrameMs: number;
  /** Of the last picture. */
  readonly endMs: number;
}

const colors = 127;

/** One palette for all pictures; each holds what differs from the one before, and nothing else. */
export function animatedGif(frames: readonly Frame[], options: GifOptions): Uint8Array {
  const shown = thinned(frames, options.minFrameMs);
  const pictures = shown.map(({ picture }) => PNG.sync.read(picture));
  const palette = quantize(sampleOf(pictures), colors);
  const transparentIndex = palette.length;
  const encoder = GIFEncoder();
  let before: Uint8Array | undefined;
  for (const [number, { data, width, height }] of pictures.entries()) {
    const index = applyPalette(data, palette);
    const isLast = number === pictures.length - 1;
    const delay = isLast ? options.endMs : Math.min(gapAfter(shown, number), options.maxFrameMs);
    if (before === undefined) {
      const blank = [0, 0, 0];
      encoder.writeFrame(index, width, height, { palette: [...palette, blank], delay, dispose: 1 });
    } else {
      const last = before;
      const difference = index.map((color, at) => (color === last[at] ? transparentIndex : color));
      encoder.writeFrame(difference, width, height, {
        transparent: true,
        transparentIndex,
        delay,
        dispose: 1,
      });
    }
    before = index;
  }
  encoder.finish();
  return encoder.bytes();
}

function thinned(frames: readonly Frame[], minFrameMs: number): Frame[] {
  const shown: Frame[] = [];
  for (const frame of frames) {
    const last = shown.at(-1);
    if (last === undefined || frame.at - last.at >= minFrameMs) shown.push(frame);
    else shown[shown.length - 1] = { ...frame, at: last.at };
  }
  return shown;
}

const gapAfter = (frames: readonly Frame[], index: number): number =>
  (frames[index + 1]?.at ?? 0) - (frames[index]?.at ?? 0);

/** Enough of every picture for the palette to have the colours of all. */
function sampleOf(pictures: readonly PNG[]): Uint8Array {
  const step = 7;
  const some = pictures.filter((_, number) => number % 4 === 0 || number === pictures.length - 1);
  const sample: number[] = [];
  for (const { data } of some) {
    for (let at = 0; at < data.length; at += 4 * step) {
      sample.push(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0, 255);
    }
  }
  return Uint8Array.from(sample);
}
