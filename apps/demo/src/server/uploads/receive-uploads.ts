import { createHash } from 'node:crypto';
import { closeSync, write, writeSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { Busboy, type BusboyFileStream } from '@fastify/busboy';
import { lackOf, lacks } from '../../change/public-errors.ts';
import { type UploadedFile, uploadField } from '../../web/api.ts';
import { Problem } from '../requests/problem.ts';
import { checkName } from './file-name.ts';
import type { UploadStore } from './upload-store.ts';

/** Bytes that were read from the network and are not on disk yet; above it nothing is read. */
const maxUnwrittenBytes = 4 * 1024 * 1024;
/** Smaller files are written in one go, and so is the end of larger ones. */
const smallBytes = 256 * 1024;

/**
 * Streams the files of a form to disk. A file that is refused is left out and says why; a request that
 * ends halfway leaves nothing. The body is read no faster than the disk takes it.
 *
 * @throws Problem 400 `incomplete`, `invalid_form`; 413 `too_large`; 415 `not_a_form`
 */
export async function receiveUploads(
  incoming: IncomingMessage,
  session: string,
  store: UploadStore,
): Promise<readonly UploadedFile[]> {
  const type = incoming.headers['content-type'] ?? '';
  if (!/^multipart\/form-data\s*;/i.test(type)) {
    throw new Problem(415, 'not_a_form', 'Send files as multipart/form-data.');
  }
  const { maxRequestBytes } = store.limits;
  if (Number(incoming.headers['content-length'] ?? 0) > maxRequestBytes) {
    throw tooLargeRequest(maxRequestBytes);
  }
  const reception = new Reception(session, store);
  try {
    return await reception.read(incoming, type);
  } catch (error) {
    await reception.undo();
    throw error;
  }
}

/** One request's files, until they are all there or all gone. */
class Reception {
  readonly #session: string;
  readonly #store: UploadStore;
  readonly #files: Promise<Arrived>[] = [];
  readonly #arriving = new Set<BusboyFileStream>();
  #unwritten = 0;
  #wake: () => void = () => {};
  #broken: unknown;

  constructor(session: string, store: UploadStore) {
    this.#session = session;
    this.#store = store;
  }

  async read(incoming: IncomingMessage, type: string): Promise<readonly UploadedFile[]> {
    const { limits } = this.#store;
    let tooMany = 0;
    const form = parserOf(type, limits.maxFileBytes);
    const finished = new Promise<void>((resolve, reject) => {
      form.once('finish', resolve);
      form.once('error', () =>
        reject(new Problem(400, 'invalid_form', 'The form with the files is malformed.')),
      );
    });
    // Looked at below; until then a malformed form is not an unhandled error.
    finished.catch((error) => {
      this.#broken = error;
      this.#wake();
    });
    form.on('file', (field, stream, filename) => {
      stream.on('error', () => {});
      this.#arriving.add(stream);
      stream.once('close', () => this.#arriving.delete(stream));
      if (field !== uploadField || this.#files.length >= limits.maxFilesPerRequest) {
        tooMany += 1;
        stream.resume();
        return;
      }
      this.#files.push(this.#receive(stream, filename));
    });

    let bytes = 0;
    try {
      // Destroyed, it could not be answered any more.
      for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
        bytes += chunk.length;
        if (bytes > limits.maxRequestBytes) throw tooLargeRequest(limits.maxRequestBytes);
        if (!form.write(chunk)) await this.#until(() => !form.writableNeedDrain, form);
        await this.#until(() => this.#unwritten < maxUnwrittenBytes);
        if (this.#broken !== undefined) throw this.#broken;
      }
    } catch (error) {
      form.destroy();
      // The client went away, or was cut off.
      const reason = error instanceof Problem ? error : incomplete();
      for (const stream of this.#arriving) stream.destroy(reason);
      throw reason;
    }
    form.end();
    await finished;
    const arrived = await Promise.all(this.#files);
    this.#store.add(
      this.#session,
      arrived.flatMap(({ staged }) => (staged === undefined ? [] : [staged])),
    );
    const answers = arrived.map(({ answer }) => answer);
    if (tooMany > 0) {
      answers.push(
        ...Array.from({ length: Math.min(tooMany, 1) }, () => ({
          ...{ upload: null, name: '', bytes: 0 },
          problem: {
            code: 'too_many_files',
            message: `${tooMany} more files were left out: at most ${limits.maxFilesPerRequest} fit into one upload`,
          },
        })),
      );
    }
    return answers;
  }

  /** Removes what has arrived. */
  async undo(): Promise<void> {
    const arrived = await Promise.allSettled(this.#files);
    for (const end of arrived) {
      if (end.status !== 'fulfilled' || end.value.staged === undefined) continue;
      const { staged, bytes } = end.value.staged;
      await rm(staged, { force: true }).catch(() => undefined);
      this.#store.release(this.#session, { files: 1, bytes });
    }
  }

  async #receive(stream: BusboyFileStream, filename: string | undefined): Promise<Arrived> {
    const { limits } = this.#store;
    const checked = checkName(filename, limits.maxNameBytes);
    const refuse = (code: string, message: string): Arrived => ({
      answer: {
        upload: null,
        name: checked.name,
        bytes: stream.bytesRead,
        problem: { code, message },
      },
      staged: undefined,
    });
    const fail = (code: string, message: string): Arrived => {
      stream.resume();
      return refuse(code, message);
    };
    if (checked.problem !== null) return fail(checked.problem.code, checked.problem.message);
    if (!this.#store.reserveFile(this.#session)) {
      return fail('session_full', 'too many uploads wait already: publish or remove some of them');
    }
    const room = { counted: 0 };
    let isKept = false;
    try {
      const written = await this.#write(stream, room);
      if (written === 'too_large') {
        return refuse('too_large', `it is larger than ${megabytes(limits.maxFileBytes)}`);
      }
      if (written === 'session_full') {
        return fail('session_full', 'too much waits already: publish or remove some uploads');
      }
      const { upload, file, sha256, bytes } = written;
      isKept = true;
      return {
        answer: { upload, name: checked.name, bytes, problem: null },
        staged: { upload, name: checked.name, staged: file, bytes, sha256 },
      };
    } catch (error) {
      return fail(...storageProblem(error));
    } finally {
      // Else it counts on: until its request has ended, and as long as it waits.
      if (!isKept) this.#store.release(this.#session, { files: 1, bytes: room.counted });
    }
  }

  async #write(stream: BusboyFileStream, room: { counted: number }) {
    const place = this.#store.stage(this.#session);
    const hash = createHash('sha256');
    let pending: Buffer[] = [];
    let pendingBytes = 0;
    let bytes = 0;
    let isWhole = false;
    const take = (): Buffer => {
      const [first = empty] = pending;
      const chunk = pending.length === 1 ? first : Buffer.concat(pending);
      pending = [];
      return chunk;
    };
    const written = (): void => {
      this.#count(-pendingBytes);
      pendingBytes = 0;
    };
    try {
      // Who leaves the loop early still has to read on, or the form never ends.
      for await (const piece of stream.iterator({ destroyOnReturn: false })) {
        const chunk: Buffer = piece;
        hash.update(chunk);
        bytes += chunk.length;
        if (!this.#store.reserveBytes(this.#session, chunk.length)) return 'session_full';
        room.counted += chunk.length;
        pending.push(chunk);
        pendingBytes += chunk.length;
        this.#count(chunk.length);
        if (pendingBytes < smallBytes) continue;
        await writeAll(place.descriptor, take());
        written();
      }
      if (stream.truncated) return 'too_large';
      if (this.#broken !== undefined) throw incomplete();
      // What is small goes into memory in less time than it takes to wake another thread.
      writeAllSync(place.descriptor, take());
      isWhole = true;
      return { upload: place.upload, file: place.file, sha256: hash.digest('hex'), bytes };
    } finally {
      written();
      closeSync(place.descriptor);
      if (!isWhole) await rm(place.file, { force: true });
    }
  }

  #count(bytes: number): void {
    this.#unwritten += bytes;
    this.#wake();
  }

  async #until(isSo: () => boolean, form?: NodeJS.EventEmitter): Promise<void> {
    while (!isSo() && this.#broken === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        form?.once('drain', resolve);
      });
    }
  }
}

const writeSome = promisify(write);

async function writeAll(descriptor: number, chunk: Buffer): Promise<void> {
  for (let at = 0; at < chunk.length; ) {
    at += (await writeSome(descriptor, chunk, at)).bytesWritten;
  }
}

function writeAllSync(descriptor: number, chunk: Buffer): void {
  for (let at = 0; at < chunk.length; ) at += writeSync(descriptor, chunk, at);
}

const empty = Buffer.alloc(0);

interface Arrived {
  readonly answer: UploadedFile;
  readonly staged:
    | { upload: string; name: string; staged: string; bytes: number; sha256: string }
    | undefined;
}

function parserOf(type: string, maxFileBytes: number) {
  try {
    return new Busboy({
      headers: { 'content-type': type },
      preservePath: true,
      isPartAFile: (_field, _type, filename) => filename !== undefined,
      limits: {
        fileSize: maxFileBytes,
        fieldNameSize: 100,
        fieldSize: 1024,
        fields: 10,
        headerPairs: 20,
        headerSize: 16_384,
      },
    });
  } catch {
    throw new Problem(400, 'invalid_form', 'The form with the files is malformed.');
  }
}

const tooLargeRequest = (maxBytes: number): Problem =>
  new Problem(
    413,
    'too_large',
    `One upload may have ${megabytes(maxBytes)} at most. Send fewer or smaller files at once.`,
  );

const incomplete = (): Problem =>
  new Problem(400, 'incomplete', 'The upload ended halfway, and nothing of it was kept.');

function storageProblem(error: unknown): [code: string, message: string] {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return ['storage_full', 'the disk is full: free some space and upload it again'];
  }
  const lacking = lackOf(error);
  if (lacking !== undefined) {
    return [lacking, `this computer has ${lacks[lacking]} just now: upload it again in a moment`];
  }
  return error instanceof Problem
    ? ['incomplete', 'it ended halfway']
    : ['storage_failed', 'the disk could not take it'];
}

const megabytes = (bytes: number): string =>
  bytes >= 1024 * 1024 ? `${Math.floor(bytes / 1024 / 1024)} MB` : `${bytes} bytes`;
