/**
 * Stands in for parse-file.ts in tests of the parse child: the file's text says what its parser does.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { ParsedFile } from '../reading/parse-file.ts';

export async function parseFile(bytes: Uint8Array): Promise<ParsedFile> {
  const [what = '', argument = ''] = Buffer.from(bytes).toString().split(' ');
  return { mediaType: 'text/plain', title: await act(what, argument), passages: [] };
}

let calls = 0;

async function act(what: string, argument: string): Promise<string> {
  calls += 1;
  switch (what) {
    case 'hang':
      for (;;);
    case 'wait':
      setInterval(() => {}, 1000);
      return new Promise(() => {});
    case 'exit':
      process.exit(0);
      break;
    case 'reject-later':
      setTimeout(() => Promise.reject(new Error('late')), 0);
      return new Promise(() => {});
    case 'heap': {
      const held: string[][] = [];
      for (;;) held.push(Array.from({ length: 10_000 }, (_, n) => `text ${n} ${held.length}`));
    }
    case 'buffers': {
      const held: Buffer[] = [];
      for (;;) held.push(Buffer.alloc(1024 * 1024, 1));
    }
    case 'die-unless-first':
      // Dies of what an earlier file left behind, and not of this one.
      if (calls > 1) process.exit(1);
      return 'first';
    case 'print':
      console.log('a library prints');
      process.stdout.write('and prints');
      return 'printed';
    case 'write':
      return attempt(() => writeFileSync(argument, 'written'));
    case 'read':
      return attempt(() => readFileSync(argument));
    case 'run':
      return attempt(() => execFileSync(argument));
    case 'connect':
      return attempt(() => connect(1, '127.0.0.1').on('error', () => {}));
    case 'pid':
      return String(process.pid);
    case 'throw':
      throw new Error('secret words of the document');
  }
  return `${what} done`;
}

function attempt(action: () => unknown): string {
  try {
    action();
    return 'allowed';
  } catch (error) {
    return String(error instanceof Error ? Reflect.get(error, 'code') : error);
  }
}
