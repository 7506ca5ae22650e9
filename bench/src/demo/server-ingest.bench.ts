import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { writeMixedDocuments } from '@offstage/demo/testing/mixed-documents.ts';
import type { Visitor } from '@offstage/demo/testing/visitor.ts';
import { interleave, median, pairedRatio } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';
import { runPlainLoop, runSecondPlainLoop } from './plain-loop.ts';
import { sendFiles } from './send-files.ts';
import { startDocuments } from './server-process.ts';

const files = 2000;
const pages = 3;
const rounds = 5;
/** As the page sends them. */
const filesPerUpload = 50;

interface Documents {
  readonly folder: string;
  readonly names: readonly string[];
}

/** Milliseconds from the drop to the published version, over HTTP, by a client with a session. */
async function dropAndPublish(visitor: Visitor, { folder, names }: Documents): Promise<number> {
  const { current: before } = await visitor.api.corpus();
  const startedAt = performance.now();
  const add: string[] = [];
  for (let at = 0; at < names.length; at += filesPerUpload) {
    add.push(...(await sendFiles(visitor, folder, names.slice(at, at + filesPerUpload))));
  }
  const end = await visitor.jobs.wait(await visitor.start(add));
  if (end.status !== 'succeeded') throw new Error(`The change ended as ${end.status}.`);
  const took = performance.now() - startedAt;
  const { current } = await visitor.api.corpus();
  const added = (current?.documents ?? 0) - (before?.documents ?? 0);
  if (added !== names.length) throw new Error('Not every document was published.');
  return took;
}

async function run(): Promise<Row[]> {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'offstage-bench-'));
  try {
    const make = async (name: string, seed: number): Promise<Documents> => {
      const folder = path.join(scratch, name);
      return { folder, names: await writeMixedDocuments(folder, files, { seed, pages }) };
    };
    const documents = await make('documents', 0);
    const others = await make('others', 1);
    let number = 0;
    // Nothing is removed before the end: the file system goes round places that were freed just now.
    const fresh = (name: string): string => path.join(scratch, `${name}-${++number}`);
    const contestant = (parsers: number, isUsed: boolean) => async (): Promise<number> => {
      const env = { OFFSTAGE_PARSERS: String(parsers) };
      await using server = await startDocuments(fresh('data'), env);
      // All that runs has done as much before, and a corpus of as many documents is there by then.
      if (isUsed) await dropAndPublish(server.visitor, others);
      return await dropAndPublish(server.visitor, documents);
    };
    const used = await interleave(rounds, {
      one: contestant(1, true),
      two: contestant(2, true),
      plain: () => runSecondPlainLoop(others.folder, documents.folder, fresh('plain')),
    });
    const started = await interleave(rounds, {
      one: contestant(1, false),
      two: contestant(2, false),
      plain: () => runPlainLoop(documents.folder, fresh('plain')),
    });

    const row = (
      { plain, ...ours }: typeof used,
      name: 'one' | 'two',
      what: string,
      limit: number | undefined,
    ): Row => {
      const ratio = pairedRatio(ours[name], plain);
      const ms = (values: readonly number[]): string => `${median(values).toFixed(0)} ms`;
      return {
        measure: `${files.toLocaleString('en')} mixed documents of ${pages} pages, from drop to published, ${name === 'one' ? 'one parser process' : 'two parser processes'}${what}`,
        ours: ms(ours[name]),
        peer: `${ms(plain)}, plain script in one thread, same parsers, no upload`,
        ratio,
        target: limit === undefined ? 'to be seen' : `at most ${limit}`,
        pass: limit === undefined ? null : ratio <= limit,
      };
    };
    return [
      row(used, 'one', '', 1),
      row(used, 'two', '', 0.85),
      row(started, 'one', ', both just started', undefined),
      row(started, 'two', ', both just started', undefined),
    ];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const bench: Bench = { name: 'Documents: from drop to published', run };
export default bench;

await runAlone(import.meta, bench);
