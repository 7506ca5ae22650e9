import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { endianness } from 'node:os';
import { type Mark, markOfPage } from './commit-mark.ts';

/*
 * The format of SQLite's write-ahead log (sqlite.org/fileformat2.html#walformat). Integers are big-endian.
 *
 *   header   magic, version, bytes a page, count, salt (8 bytes), checksum (8 bytes)
 *   frame    page, pages of the file after a commit or 0, salt as above, checksum of all before it, the page
 *
 * The log ends where salt or checksum are not those that are due, and what no commit follows does not count.
 */

const headerBytes = 32;
const frameBytes = 24;
const magic = 0x377f0682;
const version = 3_007_000;
const framesAtOnce = 64;

export interface Log {
  readonly pageBytes: number;
  readonly commits: number;
  /** So many pages has the file when all of it is written back. */
  readonly pages: number;
  /** What the page that is asked for has after each commit that changed it, as far as it is a mark. */
  readonly marks: readonly Mark[];
}

/**
 * Reads what SQLite would play of a log: `none` where it is missing, empty, or all zero as a loss of power leaves it,
 * and `torn` where SQLite would take it for an empty one though it has something in it.
 */
export function readLog(file: string, markPage?: number): Log | 'none' | 'torn' {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch (error) {
    if (Reflect.get(Object(error), 'code') === 'ENOENT') return 'none';
    throw error;
  }
  try {
    return readFrom(fd, markPage);
  } finally {
    closeSync(fd);
  }
}

function readFrom(fd: number, markPage?: number): Log | 'none' | 'torn' {
  const header = Buffer.alloc(headerBytes);
  readFully(fd, header, 0);
  if (isZero(header) && isAllZero(fd)) return 'none';
  const isBig = header.readUInt32BE(0) === magic + 1;
  const pageBytes = header.readUInt32BE(8);
  const sum = new Sum(isBig ? 'BE' : 'LE');
  sum.add(header.subarray(0, 24));
  const isWhole =
    (isBig || header.readUInt32BE(0) === magic) &&
    header.readUInt32BE(4) === version &&
    sum.isAt(header, 24);
  // What SQLite can have as a page.
  if (!isWhole || pageBytes < 512 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0) {
    return 'torn';
  }

  const salt = header.subarray(16, 24);
  const stride = frameBytes + pageBytes;
  const portion = Buffer.alloc(framesAtOnce * stride);
  const marks: Mark[] = [];
  let commits = 0;
  let pages = 0;
  let mark: Mark | undefined;
  for (let at = headerBytes; ; at += portion.length) {
    const length = readFully(fd, portion, at);
    for (let first = 0; first < portion.length; first += stride) {
      if (first + stride > length) return { pageBytes, commits, pages, marks };
      const frame = portion.subarray(first, first + stride);
      const page = frame.subarray(frameBytes);
      sum.add(frame.subarray(0, 8));
      sum.add(page);
      const isNext =
        frame.readUInt32BE(0) !== 0 && frame.subarray(8, 16).equals(salt) && sum.isAt(frame, 16);
      if (!isNext) return { pageBytes, commits, pages, marks };
      if (frame.readUInt32BE(0) === markPage) mark = markOfPage(page);
      if (frame.readUInt32BE(4) === 0) continue;
      commits += 1;
      pages = frame.readUInt32BE(4);
      if (mark !== undefined) marks.push(mark);
      mark = undefined;
    }
  }
}

/** SQLite's checksum, over pairs of words in the order of the machine that has written them. */
class Sum {
  readonly #isSwapped: boolean;
  #first = 0;
  #second = 0;

  constructor(order: 'BE' | 'LE') {
    this.#isSwapped = order !== endianness();
  }

  /** @param bytes A multiple of 8, at a multiple of 4 in their buffer. */
  add(bytes: Buffer): void {
    const read = this.#isSwapped ? Buffer.from(bytes).swap32() : bytes;
    const words = new Uint32Array(read.buffer, read.byteOffset, read.length / 4);
    let first = this.#first;
    let second = this.#second;
    for (let index = 0; index < words.length; index += 2) {
      first = (first + (words[index] ?? 0) + second) >>> 0;
      second = (second + (words[index + 1] ?? 0) + first) >>> 0;
    }
    this.#first = first;
    this.#second = second;
  }

  isAt(bytes: Buffer, offset: number): boolean {
    return (
      bytes.readUInt32BE(offset) === this.#first && bytes.readUInt32BE(offset + 4) === this.#second
    );
  }
}

/** As much as there is. */
function readFully(fd: number, bytes: Buffer, at: number): number {
  let length = 0;
  while (length < bytes.length) {
    const read = readSync(fd, bytes, length, bytes.length - length, at + length);
    if (read === 0) break;
    length += read;
  }
  return length;
}

function isAllZero(fd: number): boolean {
  const { size } = fstatSync(fd);
  const portion = Buffer.alloc(1024 * 1024);
  for (let at = 0; at < size; at += portion.length) {
    if (!isZero(portion.subarray(0, readFully(fd, portion, at)))) return false;
  }
  return true;
}

const isZero = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0);
