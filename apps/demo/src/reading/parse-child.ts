/**
 * The process in which untrusted files are parsed (D6). Node's permission model forbids it to write a
 * file, to start a process, and to read anything but the code it runs, and `lockDown` what that model
 * does not know; the files' bytes come in through its standard input. It may be killed at any moment, and
 * nothing is lost but the file at hand.
 *
 *   parse-child.ts <module with parseFile> <memory limit in bytes>
 */
import { readSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { answerDescriptor, encodeFrame, FrameReader, placeDescriptor } from './frames.ts';
import { lockDown } from './lock-down.ts';
import type { ParseAnswer, ParseRequest } from './messages.ts';
import type { parseFile as ParseFile } from './parse-file.ts';
import { UnreadableError } from './parsed-document.ts';

const [, , parserUrl = new URL('./parse-file.ts', import.meta.url).href, memoryLimit = ''] =
  process.argv;

// Ctrl-C in a terminal goes to the whole group. Whether to stop is the parent's decision, and a pipe
// that ends is how it says so.
process.on('SIGINT', () => {});

/** How many files were begun, and how many of them are done. */
const counts = new Int32Array(new SharedArrayBuffer(8));
new Worker(new URL('./watchdog.js', import.meta.url), {
  workerData: {
    maxResidentBytes: Number(memoryLimit),
    ...{ parentId: process.ppid, placeDescriptor, counts },
  },
}).unref();

const gatherMs = 5;
let gathered: Uint8Array[] = [];
let gatheredSince = 0;

lockDown();
const { parseFile }: { parseFile: typeof ParseFile } = await import(parserUrl);
gather({ ready: true });

const reader = new FrameReader();
const buffer = Buffer.allocUnsafe(256 * 1024);
for (;;) {
  flush();
  // Blocking is right here: there is nothing else to do.
  const bytes = readSync(0, buffer);
  if (bytes === 0) process.exit(0);
  for (const { header, body } of reader.push(Buffer.from(buffer.subarray(0, bytes)))) {
    // The parent's own words, so they are what they should be.
    const request = header as ParseRequest;
    if (request.prompt) flush();
    Atomics.add(counts, 0, 1);
    gather(await parse(request, body));
    Atomics.add(counts, 1, 1);
    if (request.prompt || performance.now() - gatheredSince > gatherMs) flush();
  }
}

async function parse(request: ParseRequest, body: Uint8Array): Promise<ParseAnswer> {
  const { extension, limits, chunking } = request;
  try {
    return { file: await parseFile(body, extension, limits, chunking) };
  } catch (error) {
    if (error instanceof UnreadableError) {
      return { failure: { code: error.code, message: error.message } };
    }
    // A parser gave up on the file in its own way. Its words may quote the document, so they stay.
    return { failure: { code: 'damaged', message: 'its parser could not make sense of it' } };
  }
}

function gather(message: ParseAnswer): void {
  if (gathered.length === 0) gatheredSince = performance.now();
  gathered.push(...encodeFrame(message));
}

function flush(): void {
  const bytes = Buffer.concat(gathered);
  gathered = [];
  for (let at = 0; at < bytes.length; ) at += writeSync(answerDescriptor, bytes, at);
}
