import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Visitor } from '@offstage/demo/testing/visitor.ts';
import { uploadField } from '@offstage/demo/web/api.ts';

const boundary = '----offstage-bench-5f1c0d9ab37e4c26';

/**
 * Sends files of a folder in one form, as a page does. The form is laid out in one piece: a browser is on a
 * machine of its own, so whatever the client spends here is taken from the server's processors.
 *
 * @returns the ids of the uploads
 */
export async function sendFiles(
  visitor: Visitor,
  folder: string,
  names: readonly string[],
): Promise<readonly string[]> {
  const parts = names.flatMap((name) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${uploadField}"; filename="${name}"\r\nContent-Type: application/octet-stream\r\n\r\n`,
    ),
    readFileSync(path.join(folder, name)),
    Buffer.from('\r\n'),
  ]);
  const answer = await visitor.fetch('/api/uploads', {
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]),
  });
  if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
  const { files } = (await answer.json()) as { files: { upload: string | null }[] };
  return files.flatMap(({ upload }) => (upload === null ? [] : [upload]));
}
