import {
  onePage,
  threeSeconds,
} from '../../../packages/http/src/conformance/one-page.test-support.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';

const most = { requests: 6, bytes: 60_000 };

/**
 * What a page with a job, the list and the activity costs in three seconds, while the job tells of its
 * progress every 30 ms and 200 others are at rest: with a stream, and by polling every second. On a
 * simulated clock, so that it is the same wherever it is counted.
 */
export const onePageBench: Bench = {
  name: 'One page over HTTP, three seconds',
  async run() {
    const [streaming, polling] = [await traffic(true), await traffic(false)];
    const row = (measure: string, key: 'requests' | 'bytes', unit: string, by: number): Row => ({
      measure,
      ours: `${Math.round(streaming[key] / by)}${unit}`,
      peer: `polling: ${Math.round(polling[key] / by)}${unit}`,
      ratio: streaming[key] / polling[key],
      target: `at most ${most[key] / by}${unit}`,
      pass: streaming[key] <= most[key],
    });
    return [row('requests', 'requests', '', 1), row('answered', 'bytes', ' kB', 1000)];
  },
};

async function traffic(isStreaming: boolean): Promise<{ requests: number; bytes: number }> {
  const page = await onePage(isStreaming);
  await threeSeconds(page);
  const { requests, bytes } = page.traffic;
  for (const stop of page.stops) stop();
  return { requests: requests.length, bytes };
}

await runAlone(import.meta, onePageBench);
