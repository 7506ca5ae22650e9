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
  if (typeof idempotencyKey !== 'string') {
    throw new OffstageError('invalid_option', 'idempotencyKey must be a string.', {
      details: { option: 'idempotencyKey' },
    });
  }
  const ask = (): Promise<unknown> =>
    requestJson(ports, 'POST', `/${encodeURIComponent(name)}`, request, {
      'idempotency-key': `"${idempotencyKey.replace(/["\\]/g, '\\$&')}"`,
    });
  // Without an answer nobody knows whether it began: asked again, it is the same start (J3).
  const answer = await ask().catch((error: OffstageError) => {
    if (error.code !== 'unavailable' || error.details.status !== undefined) throw error;
    return ask();
  });
  return decodeJobView(answer);
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
