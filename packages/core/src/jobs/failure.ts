import { boundedText, textOf } from '../foundation/bounded-text.ts';
import {
  NonRetriableError,
  OffstageError,
  type OffstageErrorCode,
  PublicError,
  RetryAfterError,
} from '../foundation/errors.ts';
import type { JobFailure } from './job-view.ts';

/**
 * What an observer may see of an error. The message of a PublicError was written to be shown;
 * a few errors of the library have a fixed one; of all others only the class is told. `reference`
 * leads to the full error, which goes to `manager.on('error')`.
 */
export function describeFailure(error: unknown, reference: string): JobFailure {
  return Object.freeze({ ...tell(error, reference), reference });
}

/** The failure of a job that its timeout stopped. */
export function timeoutFailure(reference: string): JobFailure {
  return Object.freeze({ code: 'timeout', message: messages.timeout, reference });
}

/**
 * Messages that say nothing of the application, whatever the error says. A code that is not here
 * may carry a path or a name in its message, so it is treated like an error of the application.
 */
const messages = {
  timeout: 'The job ran longer than it may and was stopped.',
  invalid_result: 'The job returned a result that does not match its schema.',
  not_serializable: 'The job could not carry its input or result between threads',
  worker_crashed: 'The thread that ran the job ended unexpectedly',
  executor_failed: 'The job could not be run.',
  interrupted: 'The process that ran the job ended.',
  lock_unsupported: 'The system that ran the job has no locks for what it publishes.',
} as const satisfies Partial<Record<OffstageErrorCode, string>>;

interface Told {
  readonly code: string;
  readonly message: string;
}

function tell(error: unknown, reference: string): Told {
  try {
    return publicText(error) ?? libraryText(error) ?? unknownText(error, reference);
  } catch {
    // A proxy or a getter that throws: nothing can be read of it.
    return unknownText(undefined, reference);
  }
}

const maxCodeLength = 200;

function publicText(given: unknown): Told | undefined {
  const says = NonRetriableError.isInstance(given) || RetryAfterError.isInstance(given);
  const error = says ? given.cause : given;
  if (!PublicError.isInstance(error)) return undefined;
  const { code, message } = error;
  return {
    code: typeof code === 'string' ? boundedText(code, maxCodeLength) : 'handler_failed',
    message: textOf(message),
  };
}

function libraryText(error: unknown): Told | undefined {
  if (!OffstageError.isInstance(error)) return undefined;
  const { code } = error;
  switch (code) {
    case 'timeout':
    case 'invalid_result':
    case 'executor_failed':
    case 'interrupted':
    case 'lock_unsupported':
      return { code, message: messages[code] };
    case 'not_serializable': {
      const where = fact(error, 'field', /^[\w$.[\]]{1,100}$/);
      return { code, message: `${messages[code]}${where === '' ? '' : ` (at ${where})`}.` };
    }
    case 'worker_crashed': {
      const why = fact(error, 'reason', /^[a-z_]{1,40}$/).replaceAll('_', ' ');
      return { code, message: `${messages[code]}${why === '' ? '' : ` (${why})`}.` };
    }
    default:
      return undefined;
  }
}

function unknownText(error: unknown, reference: string): Told {
  return { code: 'handler_failed', message: `${className(error)} (reference ${reference})` };
}

// Only in a form that cannot hold a sentence, a file's path or a secret of any length.
function fact(error: OffstageError, name: string, form: RegExp): string {
  const value = error.details?.[name];
  return typeof value === 'string' && form.test(value) ? value : '';
}

const identifier = /^[A-Za-z_$][\w$]{0,59}$/;

function className(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'Error';
  for (const name of [Reflect.get(error, 'name'), error.constructor?.name]) {
    if (typeof name === 'string' && identifier.test(name)) return name;
  }
  return 'Error';
}
