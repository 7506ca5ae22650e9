import type { JobView, OffstageError, StartOptions } from '@offstage/core';
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
  const request = encodeStartRequest(input, options.exclusivityKey);
  const { idempotencyKey = crypto.getRandomValues(new Uint32Array(4)).join('-') } = options;
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
