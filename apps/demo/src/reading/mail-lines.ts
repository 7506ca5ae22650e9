/** So many lines no mail has that people write; fewer take no time. */
const manyLines = 20_000;

const newline = 0x0a;
const return_ = 0x0d;
const dash = 0x2d;
const blank = 0x20;

// Their lines mean something to the parser: they are decoded, parsed as a mail, or flow together.
const keepsLines =
  /^content-transfer-encoding:\s*(?:base64|quoted-printable)|^content-type:\s*(?:message\/|multipart\/digest)|format\s*=\s*"?flowed/im;

/**
 * The same mail with a return for the end of each line of its texts, which parts lines as well: the parser keeps
 * each line that a newline ends as a piece by itself, which takes seconds for a hundred thousand.
 */
export function withFewerLines(mail: Buffer): Buffer {
  if (countOf(mail) < manyLines) return mail;
  const joined = Buffer.from(mail);
  let headStart = 0;
  let inHead = true;
  let keeps = false;
  for (let start = 0; start < mail.length; ) {
    const found = mail.indexOf(newline, start);
    const end = found === -1 ? mail.length : found;
    const isEmpty = end === start || (end === start + 1 && mail[start] === return_);
    if (inHead && isEmpty) {
      inHead = false;
      keeps = keepsLines.test(mail.toString('latin1', headStart, start));
    } else if (!inHead && startsPart(mail, start)) {
      inHead = true;
      headStart = end;
    } else if (!inHead && !keeps && !startsPart(mail, end + 1)) {
      joined[end] = return_;
      // Two returns would be the end of two lines.
      if (end > start && mail[end - 1] === return_) joined[end - 1] = blank;
    }
    start = end + 1;
  }
  return joined;
}

const startsPart = (mail: Buffer, at: number): boolean =>
  mail[at] === dash && mail[at + 1] === dash;

function countOf(mail: Buffer): number {
  let count = 0;
  for (let at = mail.indexOf(newline); at !== -1; at = mail.indexOf(newline, at + 1)) count += 1;
  return count;
}
