import iconv from 'iconv-lite';

const signature = 0x223e9f78;
const attachmentName = 0x0001_8010;
const codePageAttribute = 0x0006_9007;
const maxNames = 1000;

export const isTnef = (bytes: Buffer): boolean =>
  bytes.length >= 6 && bytes.readUInt32LE(0) === signature;

/** The names of the files that Outlook packed into a part of its own form, `winmail.dat`. */
export function namesInTnef(bytes: Buffer): readonly string[] {
  const names: string[] = [];
  let encoding = 'windows-1252';
  // A level, a number, a length, that many bytes, and their sum.
  for (let at = 6; at + 9 <= bytes.length && names.length < maxNames; ) {
    const attribute = bytes.readUInt32LE(at + 1);
    const length = bytes.readUInt32LE(at + 5);
    const data = bytes.subarray(at + 9, at + 9 + length);
    if (attribute === codePageAttribute && data.length >= 4) {
      const named = `cp${data.readUInt32LE(0)}`;
      if (iconv.encodingExists(named)) encoding = named;
    } else if (attribute === attachmentName) {
      const [name = ''] = iconv.decode(data, encoding).split('\0');
      if (name !== '') names.push(name);
    }
    at += 11 + length;
  }
  return names;
}
