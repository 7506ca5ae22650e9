import { OffstageError } from '../foundation/errors.ts';

/** What `draft.write` takes. Strings are written as UTF-8. */
export type WriteSource =
  | string
  | Uint8Array
  | AsyncIterable<Uint8Array>
  | ReadableStream<Uint8Array>;

const pieceBytes = 1024 * 1024;

/**
 * The source in pieces, one asked for only when the last one was written, so that a slow disk slows
 * the source down. Ends with the signal's reason as soon as that aborts, also while the source keeps
 * one waiting.
 */
export async function* piecesOf(
  source: WriteSource,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (typeof source === 'string' || isBytes(source)) {
    const bytes = typeof source === 'string' ? new TextEncoder().encode(source) : source;
    for (let offset = 0; offset < bytes.byteLength; offset += pieceBytes) {
      signal.throwIfAborted();
      // A copy: what is hashed is what is written, whatever the caller does to the bytes meanwhile.
      yield bytes.slice(offset, offset + pieceBytes);
    }
    return;
  }
  const iterator = iteratorOf(source);
  let onAbort = (): void => undefined;
  const listener = (): void => onAbort();
  signal.addEventListener('abort', listener);
  let ended = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await new Promise<IteratorResult<unknown>>((resolve, reject) => {
        onAbort = () => reject(signal.reason);
        Promise.resolve(iterator.next()).then(resolve, reject);
      });
      if (next.done === true) {
        ended = true;
        return;
      }
      if (!isBytes(next.value)) {
        throw new OffstageError(
          'invalid_input',
          `draft.write takes a stream of Uint8Array, and got a chunk of type ${typeof next.value}.`,
        );
      }
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', listener);
    // Not awaited: a source that hangs must not keep a draft from being discarded.
    if (!ended) void close(iterator).catch(() => undefined);
  }
}

async function close(iterator: PieceIterator): Promise<void> {
  await iterator.return?.();
}

type PieceIterator = Pick<AsyncIterator<Uint8Array>, 'next' | 'return'>;

// Not every browser's ReadableStream is iterable, so readers are asked.
function iteratorOf(source: unknown): PieceIterator {
  try {
    const iterator = openSource(source);
    if (iterator !== undefined) return iterator;
  } catch (cause) {
    throw new OffstageError('invalid_input', 'The source cannot be read; see the cause.', {
      cause,
    });
  }
  throw new OffstageError(
    'invalid_input',
    'draft.write takes a string, a Uint8Array, an async iterable of Uint8Array or a ReadableStream.',
  );
}

function openSource(source: unknown): PieceIterator | undefined {
  if (isReadableStream(source)) {
    const reader = source.getReader();
    return {
      async next() {
        const { done, value } = await reader.read();
        return done ? { done: true, value: undefined } : { done: false, value };
      },
      async return() {
        await reader.cancel();
        return { done: true, value: undefined };
      },
    };
  }
  const open: unknown = Reflect.get(Object(source), Symbol.asyncIterator);
  if (typeof open !== 'function') return undefined;
  const iterator: unknown = Reflect.apply(open, source, []);
  return typeof Reflect.get(Object(iterator), 'next') === 'function'
    ? (iterator as PieceIterator)
    : undefined;
}

/**
 * Also of another realm, and without a look at what a proxy says of itself. Bytes whose memory was given
 * away are none: they would be an empty file.
 */
function isBytes(value: unknown): value is Uint8Array {
  if (!ArrayBuffer.isView(value) || Reflect.get(value, Symbol.toStringTag) !== 'Uint8Array') {
    return false;
  }
  if (Reflect.get(value.buffer, 'detached') !== true) return true;
  throw new OffstageError(
    'invalid_input',
    'The memory of these bytes was transferred elsewhere: write them before that, or a copy.',
  );
}

const isReadableStream = (source: unknown): source is ReadableStream<Uint8Array> =>
  typeof Reflect.get(Object(source), 'getReader') === 'function';
