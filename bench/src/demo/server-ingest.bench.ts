import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { writeMixedDocuments } from '@offstage/demo/testing/mixed-documents.ts';
import type { Visitor } from '@offstage/demo/testing/visitor.ts';
import { interleave, median } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';
import { plainLoop } from './plain-loop.ts';
import { startDocuments } from './server-process.ts';

const files = 2000;
const warmUpFiles = 200;
const rounds = 3;
/** As the page sends them. */
const filesPerUpload = 250;

/** Milliseconds from the drop to the published version, over HTTP, by a client with a session. */
async function dropAndPublish(visitor: Visitor, folder: string, names: readonly string[]) {
  const startedAt = performance.now();
  const add: string[] = [];
  for (let at = 0; at < names.length; at += filesPerUpload) {
    const some = names.slice(at, at + filesPerUpload);
    const contents = some.map((name) => [name, readFileSync(path.join(folder, name))] as const);
    add.push(...(await visitor.upload(Object.fromEntries(contents))));
  }
  const uploaded = performance.now() - startedAt;
  const end = await visitor.jobs.wait(await visitor.start(add));
  const took = performance.now() - startedAt;
  if (end.status !== 'succeeded') throw new Error(`The change ended as ${end.status}.`);
  return { took, uploaded };
}

async function run(): Promise<Row[]> {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'offstage-bench-'));
  try {
    const folder = path.join(scratch, 'documents');
    const names = await writeMixedDocuments(folder, files);
    const warmUp = path.join(scratch, 'warm-up');
    const others = await writeMixedDocuments(warmUp, warmUpFiles, 1);
    let number = 0;
    const uploads: number[] = [];
    const contestant = (parsers: number) => async (): Promise<number> => {
      const data = path.join(scratch, `data-${++number}`);
      await using server = await startDocuments(data, { OFFSTAGE_PARSERS: String(parsers) });
      // A server that has been used, as the script's code has by then.
      await dropAndPublish(server.visitor, warmUp, others);
      const { took, uploaded } = await dropAndPublish(server.visitor, folder, names);
      uploads.push(uploaded);
      const { current } = await server.visitor.api.corpus();
      if (current?.documents !== files + warmUpFiles)
        throw new Error('Not every document was published.');
      rmSync(data, { recursive: true, force: true });
      return took;
    };
    const figures = await interleave(rounds, {
      one: contestant(1),
      two: contestant(2),
      plain: () => plainLoop(folder, path.join(scratch, `plain-${++number}.sqlite`)),
    });
    const ratio = (ours: readonly number[]): number =>
      median(ours.map((figure, round) => figure / (figures.plain[round] ?? Number.NaN)));
    const ms = (values: readonly number[]): string => `${median(values).toFixed(0)} ms`;
    const what = `${files.toLocaleString('en')} mixed documents, from drop to published`;
    const peer = `${ms(figures.plain)}, plain script in one thread, same parsers, no upload`;
    return [
      {
        measure: `${what}, one parser process`,
        ours: `${ms(figures.one)}, of it upload ${ms(uploads)}`,
        peer,
        ratio: ratio(figures.one),
        target: 'at most 1.1',
        pass: ratio(figures.one) <= 1.1,
      },
      {
        measure: `${what}, two parser processes`,
        ours: ms(figures.two),
        peer,
        ratio: ratio(figures.two),
        target: 'at most 0.65',
        pass: ratio(figures.two) <= 0.65,
      },
    ];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const bench: Bench = { name: 'Documents: from drop to published', run };
export default bench;

await runAlone(import.meta, bench);
