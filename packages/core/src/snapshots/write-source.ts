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
  if (typeof source === 'string' || source instanceof Uint8Array) {
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
        iterator.next().then(resolve, reject);
      });
      if (next.done === true) {
        ended = true;
        return;
      }
      if (!(next.value instanceof Uint8Array)) {
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
    if (!ended) void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

type PieceIterator = Pick<AsyncIterator<Uint8Array>, 'next' | 'return'>;

// Not every browser's ReadableStream is iterable, so readers are asked.
function iteratorOf(source: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>): PieceIterator {
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
  if (typeof source === 'object' && source !== null && Symbol.asyncIterator in source) {
    return source[Symbol.asyncIterator]();
  }
  throw new OffstageError(
    'invalid_input',
    'draft.write takes a string, a Uint8Array, an async iterable of Uint8Array or a ReadableStream.',
  );
}

const isReadableStream = (source: unknown): source is ReadableStream<Uint8Array> =>
  typeof source === 'object' && source !== null && 'getReader' in source;
