import { ApiError, apiPaths, problemOf, type UploadAnswer, uploadField } from '../api.ts';
import type { ChosenFile } from './chosen-file.ts';

/**
 * Sends files in one form and tells how many bytes have gone. By XMLHttpRequest, since `fetch` does not
 * tell.
 *
 * @throws ApiError the server's refusal of the whole, or `offline`; the signal's reason
 */
export function sendFiles(
  files: readonly ChosenFile[],
  onSent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<UploadAnswer> {
  const form = new FormData();
  for (const { name, content } of files) form.append(uploadField, content, name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = (): void => request.abort();
    signal.addEventListener('abort', abort, { once: true });
    request.open('POST', apiPaths.uploads);
    request.responseType = 'json';
    request.upload.onprogress = ({ loaded }) => onSent(loaded);
    request.onabort = () => reject(signal.reason);
    request.onerror = () =>
      reject(new ApiError('offline', 'The server could not be reached, or stopped listening.', 0));
    request.onload = () => {
      const { status, response } = request;
      if (isUploadAnswer(response)) resolve(response);
      else reject(problemOf(status, response));
    };
    request.onloadend = () => signal.removeEventListener('abort', abort);
    request.send(form);
  });
}

const isUploadAnswer = (body: unknown): body is UploadAnswer =>
  typeof body === 'object' && body !== null && 'files' in body && Array.isArray(body.files);
