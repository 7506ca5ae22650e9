import { textOf } from '../foundation/bounded-text.ts';
import { OffstageError } from '../foundation/errors.ts';
import type { StartOptions } from './job-client.ts';
import type { AnyJobDefinition } from './job-definition.ts';

/** Why a job was not admitted. The texts are for who calls `start`, and name no other owner. */

export function unknownDefinition(
  definition: Pick<AnyJobDefinition, 'name'> | undefined,
): OffstageError {
  const name = textOf(definition?.name, 200);
  return new OffstageError(
    'unknown_definition',
    `The executor has no handler for job "${name}". Add handle(definition, handler) to it.`,
    { details: { name } },
  );
}

export function invalidInput(
  definition: AnyJobDefinition,
  refusal: { readonly issues: string; readonly cause?: unknown },
): OffstageError {
  return new OffstageError(
    'invalid_input',
    `The input of job "${definition.name}" does not match its schema: ${refusal.issues}`,
    {
      details: { name: definition.name },
      ...('cause' in refusal ? { cause: refusal.cause } : {}),
    },
  );
}

/** The error of a job whose handler returned what its definition refuses. */
export function invalidResult(
  { name }: AnyJobDefinition,
  refusal: { readonly issues: string; readonly cause?: unknown },
): OffstageError {
  return new OffstageError(
    'invalid_result',
    `Job "${name}" returned what its result schema refuses: ${refusal.issues}`,
    'cause' in refusal ? { cause: refusal.cause } : {},
  );
}

export function keyConflict(exclusivityKey: string): OffstageError {
  return new OffstageError(
    'conflict',
    `Another job holds the exclusivity key "${exclusivityKey}". Start again when it has ended.`,
    { details: { exclusivityKey } },
  );
}

export function queueFull(why: string): OffstageError {
  return new OffstageError('queue_full', `${why}. Start again when some have ended.`);
}

export function admissionPaused(): OffstageError {
  return new OffstageError(
    'admission_paused',
    'Maintenance is under way. Try again when it has ended.',
  );
}

/** What keeps maintenance out. */
interface InTheWay {
  readonly activeJobs: number;
  readonly foregroundLeases: number;
  readonly maintenance: boolean;
}

export function maintenanceConflict(details: InTheWay): OffstageError {
  const { activeJobs, foregroundLeases, maintenance } = details;
  const holder = maintenance
    ? 'maintenance is under way already'
    : `${activeJobs} active jobs and ${foregroundLeases} foreground leases are in its way`;
  return new OffstageError('conflict', `Maintenance cannot begin: ${holder}.`, {
    details: { ...details },
  });
}

export function managerClosed(): OffstageError {
  return new OffstageError('manager_closed', 'The job manager is shut down; it starts no job.');
}

export function notRetriable(why: string): OffstageError {
  return new OffstageError('not_retriable', why);
}

/** Keeps an error of this code as it is. */
export function executorFailed(cause: unknown): OffstageError {
  if (OffstageError.isInstance(cause) && cause.code === 'executor_failed') return cause;
  return new OffstageError('executor_failed', 'The executor cannot run jobs; see the cause.', {
    cause,
  });
}

/** @throws OffstageError `invalid_option`. */
export function requireStartOptions(options: StartOptions): void {
  const { idempotencyKey, transfer } = Object(options) as StartOptions;
  if (
    idempotencyKey !== undefined &&
    (typeof idempotencyKey !== 'string' ||
      idempotencyKey.length > 255 ||
      // Half a letter means something else wherever it is written down.
      !/^\P{Surrogate}+$/u.test(idempotencyKey))
  ) {
    throw new OffstageError(
      'invalid_option',
      'idempotencyKey must be a string of 1 to 255 characters, each of them whole.',
    );
  }
  if (transfer !== undefined && !Array.isArray(transfer)) {
    throw new OffstageError('invalid_option', 'transfer must be a list of buffers and ports.');
  }
}
