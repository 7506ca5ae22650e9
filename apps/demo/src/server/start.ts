import { statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { OffstageError } from '@offstage/core';
import { stopOnSignal } from '../cli/stop-on-signal.ts';
import { visible } from '../cli/terminal-text.ts';
import { folderWords } from './changes/folder-words.ts';
import { DataFolderInUseError } from './data-lock.ts';
import { DocumentsServer, type DocumentsServerOptions } from './documents-server.ts';

const usage = `Usage: npm start -- [options]

Serves Documents: upload, ingest, search.

  --watch FOLDER  takes in the files of a folder, beside what is uploaded, whenever they have changed
  --redis URL     keeps jobs in Redis, and runs them in two processes of their own; such as
                  redis://127.0.0.1:6379. OFFSTAGE_REDIS is the same, and where a password belongs
  --help          prints this`;

async function main(): Promise<number | undefined> {
  const asked = readArguments();
  if (typeof asked === 'number') return asked;
  const { watch, redis } = asked;
  const {
    OFFSTAGE_DATA,
    OFFSTAGE_HOSTS,
    HOST,
    PORT,
    OFFSTAGE_DEBUG,
    OFFSTAGE_STUB,
    OFFSTAGE_PARSERS,
    OFFSTAGE_TRUST_PROXY,
  } = process.env;
  const port = wholeNumber(PORT || '4173', 0, 65_535);
  if (port === undefined) {
    console.error('PORT must be a number from 0 to 65535.');
    return 1;
  }
  const parsers = OFFSTAGE_PARSERS ? wholeNumber(OFFSTAGE_PARSERS, 1, 64) : undefined;
  if (OFFSTAGE_PARSERS && parsers === undefined) {
    console.error('OFFSTAGE_PARSERS must be a number from 1 to 64.');
    return 1;
  }
  // Not where the command was typed: documents are to be there again next time.
  const dataFolder = path.resolve(OFFSTAGE_DATA ?? path.join(import.meta.dirname, '../../data'));
  const changes = redis === undefined ? undefined : await changesOn(redis);
  let server: DocumentsServer;
  try {
    server = new DocumentsServer({
      ...{ dataFolder, port, parsers, watch, changes },
      ...(HOST && { host: HOST }),
      allowedHosts:
        OFFSTAGE_HOSTS === '*' ? 'any' : OFFSTAGE_HOSTS?.split(',').map((name) => name.trim()),
      onFolderNews: (news) => console.log(folderWords(news)),
      trustProxy: OFFSTAGE_TRUST_PROXY === '1',
      debug: OFFSTAGE_DEBUG !== undefined,
      stub: OFFSTAGE_STUB === '1',
    });
  } catch (error) {
    if (!(error instanceof DataFolderInUseError)) {
      console.error(`The data folder ${dataFolder} cannot be used: ${whyFolder(error)}.`);
      if (OFFSTAGE_DEBUG) console.error(error);
      return 1;
    }
    const where = error.address === undefined ? '' : ` at ${error.address}`;
    console.log(`Documents is running already${where}`);
    return 0;
  }
  // One Ctrl-C comes from the terminal and from npm; a second one means it.
  const stop = stopOnSignal({
    cancel: () => void server.shutdown().then(() => process.exit(stop.exitCode())),
    endAtOnce: () => undefined,
  });
  let url: string;
  let bound: number;
  try {
    ({ url, port: bound } = await server.start());
  } catch (error) {
    console.error(whyNotStarted(error, { dataFolder, redis, host: HOST || '127.0.0.1' }));
    if (OFFSTAGE_DEBUG) console.error(error);
    await server.shutdown();
    return 1;
  }
  if (port !== 0 && bound !== port) console.log(`Port ${port} is taken.`);
  console.log(`Documents is at ${url}`);
  if (redis !== undefined) console.log(`Jobs are in Redis at ${redis.host}`);
  if (watch !== undefined) console.log(`Watching ${visible(watch)}`);
  console.log('Press Ctrl-C to stop.');
  return undefined;
}

interface Asked {
  readonly watch: string | undefined;
  readonly redis: URL | undefined;
}

/** An exit code where there is nothing to serve. */
function readArguments(): Asked | number {
  try {
    const { values } = parseArgs({
      options: {
        watch: { type: 'string' },
        redis: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(usage);
      return 0;
    }
    const address = values.redis ?? process.env.OFFSTAGE_REDIS;
    const redis = address ? parseRedis(address) : undefined;
    if (address && redis === undefined) {
      // Not as it was typed: a password may be in it.
      console.error('--redis takes an address such as redis://127.0.0.1:6379.');
      return 1;
    }
    if (values.watch === undefined) return { watch: undefined, redis };
    const watch = path.resolve(values.watch);
    if (statSync(watch, { throwIfNoEntry: false })?.isDirectory()) return { watch, redis };
    console.error(`There is no folder ${visible(watch)} to watch.`);
    return 1;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    return 1;
  }
}

function parseRedis(address: string): URL | undefined {
  const url = URL.parse(address);
  const isRedis = url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '';
  return isRedis ? url : undefined;
}

/** Loaded when it is asked for. */
async function changesOn({ href }: URL): Promise<DocumentsServerOptions['changes']> {
  const { RedisChanges } = await import('./redis/redis-changes.ts');
  const lockMs = wholeNumber(process.env.OFFSTAGE_LOCK_MS ?? '', 100, 3_600_000);
  const onTrouble = (line: string): void => console.error(line);
  return (options) => new RedisChanges(options, { url: href, lockMs, onTrouble });
}

interface Wanted {
  readonly dataFolder: string;
  readonly redis: URL | undefined;
  readonly host: string;
}

function whyNotStarted(error: unknown, { dataFolder, redis, host }: Wanted): string {
  if (!OffstageError.isInstance(error)) {
    return `No server can listen at HOST ${host}: ${whyHost(error)}.`;
  }
  if (redis !== undefined && error.code === 'unavailable') {
    return `Cannot reach Redis at ${redis.host} (unavailable): start one with redis-server, or run without --redis.`;
  }
  if (redis !== undefined && error.code === 'redis_unsuitable') {
    return `Redis at ${redis.host} cannot be used (redis_unsuitable): ${error.message}`;
  }
  return `The data folder ${dataFolder} cannot be used: ${whyJournal(error)}.`;
}

function wholeNumber(text: string, min: number, max: number): number | undefined {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

const codeOf = (error: unknown): string =>
  String((error instanceof Error && Reflect.get(error, 'code')) || 'unknown');

function whyFolder(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ERR_SQLITE_ERROR') return 'its lock cannot be written to';
  return folderReasons[code] ?? `the system refuses it (${code})`;
}

const folderReasons: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'its disk can only be read',
  ENOTDIR: 'a part of its path is a file',
  EEXIST: 'it is a file',
  ENOSPC: 'its disk is full',
  ELOOP: 'its path is a link that leads to itself',
  ENAMETOOLONG: 'its path is too long',
  ENOENT: 'a part of its path is not there',
};

/** Why the jobs of the last server cannot be read. */
function whyJournal({ code }: OffstageError): string {
  return journalReasons[code] ?? `its jobs.sqlite cannot be used (${code})`;
}

const journalReasons: Readonly<Record<string, string>> = {
  locked: 'another program has its jobs.sqlite open',
  journal_newer: 'its jobs.sqlite was written by a newer version of this program',
  journal_damaged:
    'its jobs.sqlite is damaged. Move that file and those that begin with its name away: what was published stays, and uploads wait to be started again',
  journal_full: 'its disk is full',
  journal_failed: 'its jobs.sqlite cannot be read and written',
};

function whyHost(error: unknown): string {
  const code = codeOf(error);
  return hostReasons[code] ?? `the system refuses it (${code})`;
}

const hostReasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such name',
  EAI_AGAIN: 'the name cannot be looked up just now',
  EADDRNOTAVAIL: 'this computer has no such address',
  EAFNOSUPPORT: 'this computer has no addresses of that kind',
  EINVAL: 'it is no address',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
};

const code = await main();
// Whatever was opened before it failed would keep the process.
if (code !== undefined) process.exit(code);
