import { type JobView, OffstageError, type StartOptions } from '@offstage/core';
import { decodeJobView, encodeStartRequest } from '@offstage/core/wire';
import type { HttpPorts } from './http-job-client-options.ts';
import { requestJson } from './request-json.ts';

/** As `JobClient.start`. */
export async function startJob(
  ports: HttpPorts,
  name: string,
  input: unknown,
  options: StartOptions,
): Promise<JobView> {
  refuseServersOptions(options);
  const request = encodeStartRequest(input, options.exclusivityKey, options.onConflict);
  const { idempotencyKey = crypto.getRandomValues(new Uint32Array(4)).join('-') } = options;
  const ask = (): Promise<unknown> =>
    requestJson(ports, 'POST', `/${encodeURIComponent(name)}`, request, {
      'idempotency-key': headerOf(idempotencyKey),
    });
  // Without an answer nobody knows whether it began: asked again, it is the same start (J3).
  const answer = await ask().catch((error: OffstageError) => {
    if (error.code !== 'unavailable' || !isLost(error.details.status)) throw error;
    return ask();
  });
  return decodeJobView(answer);
}

/** No answer, or that of a proxy which got none. */
const isLost = (status: unknown): boolean =>
  status === undefined || status === 408 || status === 502 || status === 504;

/** A string of structured fields; one of any letters where a header cannot hold them (RFC 9651). */
function headerOf(key: unknown): string {
  if (typeof key !== 'string' || !/^\P{Surrogate}{1,255}$/u.test(key) || key.length > 255) {
    throw new OffstageError(
      'invalid_option',
      'idempotencyKey must be a string of 1 to 255 characters, each of them whole.',
      { details: { option: 'idempotencyKey' } },
    );
  }
  if (/^[ -~]*$/.test(key)) return `"${key.replace(/["\\]/g, '\\$&')}"`;
  return `%"${encodeURIComponent(key).replace(/%../g, (hex) => hex.toLowerCase())}"`;
}

// When and how soon a job runs is the server's to say; an option is never passed over in silence.
function refuseServersOptions(options: StartOptions): void {
  for (const option of ['delayMs', 'startAt', 'priority'] as const) {
    if (options[option] === undefined) continue;
    throw new OffstageError(
      'invalid_option',
      `${option} is the server's to decide. Start the job there, or leave it out.`,
      { details: { option } },
    );
  }
}
