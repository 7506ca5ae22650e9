import { interleave, median, pairedRatio } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';
import { Scratch, seconds, storeIn, timed, uniqueContent } from './scratch.ts';

const files = 10_000;
const changed = 10;
const rounds = 5;

async function run(): Promise<Row[]> {
  using scratch = new Scratch();
  const store = storeIn(scratch.fresh());
  const paths = Array.from({ length: files }, (_, index) => `files/${index}.bin`);
  const publishAll = async (): Promise<void> => {
    await using draft = await store.begin();
    for (const path of paths) await draft.write(path, uniqueContent());
    await draft.finalize(null);
  };
  const publishChanged = async (): Promise<void> => {
    await using draft = await store.begin();
    await using last = await store.current();
    if (last === undefined) throw new Error('Nothing was published.');
    await draft.copyFrom(last, paths.slice(changed));
    for (const path of paths.slice(0, changed)) await draft.write(path, uniqueContent());
    await draft.finalize(null);
  };
  await publishAll();
  const { ours, theirs } = await interleave(rounds, {
    ours: async () => {
      scratch.settle();
      return timed(publishChanged);
    },
    theirs: async () => {
      scratch.settle();
      return timed(publishAll);
    },
  });
  const ratio = pairedRatio(ours, theirs);
  return [
    {
      measure: `publish ${files} files, all but ${changed} of them by copyFrom`,
      ours: seconds(median(ours)),
      peer: `all of them written ${seconds(median(theirs))}`,
      ratio,
      target: '<= 0.2',
      pass: ratio <= 0.2,
    },
  ];
}

const bench: Bench = { name: 'publish what is mostly unchanged', run };
export default bench;
await runAlone(import.meta, bench);
