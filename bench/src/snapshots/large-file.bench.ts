import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { interleave, median, pairedRatio } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';
import { Scratch, seconds, shell, storeIn, timed } from './scratch.ts';

const pieces = 1024;
const pieceBytes = 1024 * 1024;
const rounds = 9;

const piece = Buffer.alloc(pieceBytes, 'a line of text, as good as any other\n');

/** 1 GiB, no two pieces the same. */
async function* content(): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < pieces; index += 1) {
    piece.writeUInt32LE(index, 0);
    yield piece;
  }
}

async function writePlainly(file: string): Promise<void> {
  const handle = await open(file, 'wx');
  for await (const chunk of content()) await handle.write(chunk);
  await handle.sync();
  await handle.close();
}

function writeNatively(file: string): void {
  const fd = openSync(file, 'wx');
  for (let index = 0; index < pieces; index += 1) {
    piece.writeUInt32LE(index, 0);
    writeSync(fd, piece);
  }
  // Written, and on the disk: what is left to do is the hashing, and to make sure.
  fsyncSync(fd);
  closeSync(fd);
}

async function run(): Promise<Row[]> {
  using scratch = new Scratch();
  const through = await interleave(rounds, {
    ours: () =>
      scratch.round((folder) =>
        timed(async () => {
          await using draft = await storeIn(folder).begin();
          await draft.write('large.bin', content());
          await draft.finalize(null);
        }),
      ),
    theirs: () =>
      scratch.round((folder) => timed(() => writePlainly(path.join(folder, 'large.bin')))),
  });
  const native = await interleave(rounds, {
    ours: () =>
      scratch.round(async (folder) => {
        await using draft = await storeIn(folder).begin();
        writeNatively(draft.path('large.bin'));
        return timed(() => draft.finalize(null));
      }),
    theirs: () =>
      scratch.round(async (folder) => {
        const file = path.join(folder, 'large.bin');
        writeNatively(file);
        return timed(() => shell(`sha256sum ${file} && sync -f ${file}`));
      }),
  });
  const throughRatio = pairedRatio(through.ours, through.theirs);
  const nativeRatio = pairedRatio(native.ours, native.theirs);
  return [
    {
      measure: 'write 1 GiB through draft.write and finalize',
      ours: seconds(median(through.ours)),
      peer: `write + fsync, not hashed ${seconds(median(through.theirs))}`,
      ratio: throughRatio,
      target: '<= 1.15',
      pass: throughRatio <= 1.15,
    },
    {
      measure: 'finalize a native file of 1 GiB',
      ours: seconds(median(native.ours)),
      peer: `sha256sum + sync ${seconds(median(native.theirs))}`,
      ratio: nativeRatio,
      target: '<= 0.25',
      pass: nativeRatio <= 0.25,
    },
  ];
}

const bench: Bench = { name: 'publish a large file', run };
export default bench;
await runAlone(import.meta, bench);
