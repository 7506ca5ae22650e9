import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { interleave, median, pairedRatio } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';
import { Scratch, seconds, shell, storeIn, timed, writeSmallFiles } from './scratch.ts';

const files = 10_000;
const rounds = 7;

async function run(): Promise<Row[]> {
  using scratch = new Scratch();
  const sums = path.join(scratch.root, 'sums');
  const { ours, theirs } = await interleave(rounds, {
    ours: () =>
      scratch.round(async (root) => {
        await using draft = await storeIn(root).begin();
        const folder = draft.path('files');
        mkdirSync(folder);
        writeSmallFiles(folder, files);
        return timed(() => draft.finalize(null));
      }),
    theirs: () =>
      scratch.round(async (folder) => {
        writeSmallFiles(folder, files);
        // `find` hands the names over, as ten thousand are too many for a command line.
        return timed(() =>
          shell(
            `find ${folder} -type f -print0 | xargs -0 sha256sum > ${sums} && sync -f ${folder}`,
          ),
        );
      }),
  });
  const ratio = pairedRatio(ours, theirs);
  return [
    {
      measure: `finalize ${files} files of 4 KiB already written`,
      ours: seconds(median(ours)),
      peer: `sha256sum + sync -f ${seconds(median(theirs))}`,
      ratio,
      target: '<= 1.0',
      pass: ratio <= 1,
    },
  ];
}

const bench: Bench = { name: 'publish many files', run };
export default bench;
await runAlone(import.meta, bench);
