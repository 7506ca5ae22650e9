import type { Clock } from '@offstage/core';
import { badRequest, Refusal } from './refusal.ts';

export interface BodyLimits {
  readonly maxBodyBytes: number;
  /** For the whole body, in milliseconds. */
  readonly bodyTimeoutMs: number;
  readonly clock: Clock;
}

// As deep as JSON may be that a client of ours sends; what walks a value later does so on the stack.
const maxDepth = 500;

/**
 * The body of a request as JSON, read no further than the limit (H5).
 *
 * @throws Refusal 400 for what is no JSON, 408 for a sender that is too slow, 413, 415
 */
export async function readJson(request: Request, limits: BodyLimits): Promise<unknown> {
  assertJsonType(request.headers);
  const text = decode(await readBytes(request, limits));
  if (depthOf(text) > maxDepth) throw badRequest(`The body is nested over ${maxDepth} deep.`);
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest('The body is not JSON.');
  }
}

function assertJsonType(headers: Headers): void {
  const [type = '', ...parameters] = (headers.get('content-type') ?? '')
    .split(';')
    .map((part) => part.trim().toLowerCase());
  const isUtf8 = parameters
    .filter((parameter) => parameter.startsWith('charset='))
    .every((parameter) => /^charset="?utf-?8"?$/.test(parameter));
  if (type !== 'application/json' || !isUtf8) {
    throw new Refusal(415, 'invalid_input', 'The content type must be application/json, in UTF-8.');
  }
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity') {
    throw new Refusal(415, 'invalid_input', 'The body must not be compressed.');
  }
}

async function readBytes(request: Request, limits: BodyLimits): Promise<Uint8Array> {
  const { maxBodyBytes, bodyTimeoutMs, clock } = limits;
  const tooLarge = (): Refusal =>
    new Refusal(413, 'invalid_input', `The body may have at most ${maxBodyBytes} bytes.`);
  if (Number(request.headers.get('content-length')) > maxBodyBytes) throw tooLarge();
  if (request.body === null) return new Uint8Array();

  const reader = request.body.getReader();
  const stop = (): void => void reader.cancel().catch(() => {});
  let isLate = false;
  // To cancel ends the read that is waiting.
  const timer = clock.schedule(bodyTimeoutMs, () => {
    isLate = true;
    stop();
  });
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (isLate) throw new Refusal(408, 'unavailable', 'The body came too slowly.');
      if (done) return concat(chunks, length);
      length += value.byteLength;
      if (length > maxBodyBytes) {
        stop();
        throw tooLarge();
      }
      chunks.push(value);
    }
  } catch (error) {
    throw error instanceof Refusal ? error : badRequest('The body could not be read.');
  } finally {
    timer.cancel();
  }
}

function concat(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = chunks;
  if (first !== undefined && chunks.length === 1) return first;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw badRequest('The body is not UTF-8.');
  }
}

const [quote, backslash] = [0x22, 0x5c];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/** How deep brackets are nested at most; right for JSON, and any number for what is none. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (isString) {
      if (code === backslash) index += 1;
      else if (code === quote) isString = false;
    } else if (code === quote) isString = true;
    else if (code === openList || code === openObject) deepest = Math.max(deepest, ++depth);
    else if (code === closeList || code === closeObject) depth -= 1;
  }
  return deepest;
}
