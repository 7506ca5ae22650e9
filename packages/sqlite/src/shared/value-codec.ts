import { Deserializer, Serializer } from 'node:v8';
import { type Arena, ArenaReader } from './arena.ts';
import { addFlat, readFlat } from './flat-value.ts';

/** Stands before each value, so that a later form can be told from these. */
const format = { v8: 1, flat: 2 } as const;

declare module 'node:v8' {
  interface Serializer {
    _setTreatArrayBufferViewsAsHostObjects(flag: boolean): void;
  }
}

const viewTypes: readonly (new (buffer: ArrayBuffer) => ArrayBufferView)[] = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
];

// V8 by itself writes the whole buffer behind a view. Behind a small Buffer of Node.js that is a pool,
// with what others have in it.
class ValueSerializer extends Serializer {
  constructor() {
    super();
    this._setTreatArrayBufferViewsAsHostObjects(true);
  }

  _writeHostObject(view: unknown): void {
    const type = viewTypes.findIndex((Type) => view instanceof Type);
    if (!ArrayBuffer.isView(view) || type < 0 || view.buffer instanceof SharedArrayBuffer) {
      throw new TypeError('It cannot be cloned.');
    }
    this.writeUint32(type);
    this.writeUint32(view.byteLength);
    this.writeRawBytes(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  }

  _getSharedArrayBufferId(): never {
    throw new TypeError('Shared memory cannot be kept.');
  }
}

class ValueDeserializer extends Deserializer {
  _readHostObject(): ArrayBufferView {
    const Type = viewTypes[this.readUint32()] ?? Uint8Array;
    // A buffer of its own, as the views of a clone have.
    return new Type(new Uint8Array(this.readRawBytes(this.readUint32())).buffer);
  }
}

/**
 * Appends a value to the arena, and returns how many bytes it takes.
 *
 * @throws whatever V8 or a getter throws on what cannot be cloned; the arena may have a part of it then.
 */
export function addValue(value: unknown, arena: Arena): number {
  const start = arena.length;
  arena.addByte(format.flat);
  if (addFlat(value, arena)) return arena.length - start;
  arena.cutTo(start);
  return arena.add(serialize(value));
}

function serialize(value: unknown): Uint8Array {
  const serializer = new ValueSerializer();
  serializer.writeUint32(format.v8);
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

/** @throws UnknownFormatError, or whatever V8 throws on bytes that are not its own. */
export function decodeValue(bytes: Uint8Array): unknown {
  if (bytes[0] === format.flat) {
    const reader = new ArenaReader(bytes);
    reader.byte();
    const value = readFlat(reader);
    if (!reader.isAtEnd) throw new TypeError('The value is torn.');
    return value;
  }
  const deserializer = new ValueDeserializer(bytes);
  if (deserializer.readUint32() !== format.v8) throw new UnknownFormatError();
  try {
    deserializer.readHeader();
  } catch (cause) {
    throw new UnknownFormatError({ cause });
  }
  return deserializer.readValue();
}

/** A value of a newer library, or of a newer V8. */
export class UnknownFormatError extends Error {
  constructor(options?: ErrorOptions) {
    super('The value has a format that is not known here.', options);
  }
}
