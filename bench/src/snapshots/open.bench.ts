import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { interleave, median, pairedRatio } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';
import { Scratch, seconds, storeIn, timed, writeSmallFiles } from './scratch.ts';

const files = 10_000;
const rounds = 100;

async function run(): Promise<Row[]> {
  using scratch = new Scratch();
  const folder = scratch.fresh();
  const store = storeIn(folder);
  await using draft = await store.begin();
  mkdirSync(draft.path('files'));
  writeSmallFiles(draft.path('files'), files);
  const { version } = await draft.finalize(null);
  const text = readFileSync(path.join(folder, version, 'manifest.json'), 'utf8');
  const { ours, theirs } = await interleave(rounds, {
    ours: async () => {
      let opened: AsyncDisposable | undefined;
      const duration = await timed(async () => {
        opened = await store.current();
      });
      await opened?.[Symbol.asyncDispose]();
      return duration;
    },
    theirs: () => timed(() => JSON.parse(text)),
  });
  const ratio = pairedRatio(ours, theirs);
  return [
    {
      measure: `open the current version of ${files} files, leased, digest and form checked`,
      ours: seconds(median(ours)),
      peer: `JSON.parse of its manifest ${seconds(median(theirs))}`,
      ratio,
      target: '< 3.0',
      pass: ratio < 3,
    },
  ];
}

const bench: Bench = { name: 'open a version', run };
export default bench;
await runAlone(import.meta, bench);
