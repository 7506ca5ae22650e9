/**
 * Every error that crosses a public boundary carries a stable `code` in snake_case and a message
 * that tells a person what to do. Checks go through `isInstance`, which survives two copies of the
 * package in one process, as `instanceof` does not.
 */
export type OffstageErrorCode =
  // admission (J2, J3)
  | 'invalid_definition'
  | 'unknown_definition'
  | 'invalid_owner'
  | 'invalid_input'
  | 'invalid_option'
  | 'conflict'
  | 'idempotency_key_reused'
  | 'admission_paused'
  | 'queue_full'
  | 'manager_closed'
  // a job's end (J5, J6, J11, W4, W7)
  | 'not_found'
  | 'canceled'
  | 'timeout'
  | 'wait_timeout'
  | 'invalid_result'
  | 'not_serializable'
  | 'handler_failed'
  | 'worker_crashed'
  | 'interrupted'
  | 'not_retriable'
  | 'too_large'
  | 'executor_failed'
  // transport
  | 'unauthorized'
  | 'forbidden'
  | 'unavailable'
  | 'invalid_response'
  // snapshots (S1 to S19)
  | 'locked'
  | 'lock_unsupported'
  | 'invalid_path'
  | 'invalid_metadata'
  | 'unsafe_entry'
  | 'draft_closed'
  | 'fenced'
  | 'corrupt'
  | 'unsupported_format'
  | 'storage_failed'
  | 'storage_full'
  | 'storage_denied'
  | 'commit_indeterminate'
  // the journal (K2, K6, K8)
  | 'journal_newer'
  | 'journal_damaged'
  | 'journal_full'
  | 'journal_failed'
  // many machines (E1 to E6)
  | 'not_supported'
  | 'redis_unsuitable';

export interface OffstageErrorOptions {
  readonly cause?: unknown;
  /** Facts for a program, such as the name of a field or the holder of a key. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

// Set in constructors, as a field with a computed name would keep bundlers from leaving a class out.
const errorMark: unique symbol = /* @__PURE__ */ Symbol.for('offstage.error');
const canceledMark: unique symbol = /* @__PURE__ */ Symbol.for('offstage.error.canceled');
const nonRetriableMark: unique symbol = /* @__PURE__ */ Symbol.for('offstage.error.nonRetriable');
const retryAfterMark: unique symbol = /* @__PURE__ */ Symbol.for('offstage.error.retryAfter');
const publicMark: unique symbol = /* @__PURE__ */ Symbol.for('offstage.error.public');

// Whatever was thrown is asked, and a revoked proxy throws when it is (F1).
function carries(value: unknown, mark: symbol): boolean {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return mark in value;
  } catch {
    return false;
  }
}

/** The base of all errors of the library. */
export class OffstageError extends Error {
  override readonly name: string = 'OffstageError';
  readonly code: OffstageErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  declare readonly [errorMark]: true;

  constructor(code: OffstageErrorCode, message: string, options: OffstageErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this[errorMark] = true;
    this.code = code;
    this.details = options.details ?? {};
  }

  static isInstance(value: unknown): value is OffstageError {
    return carries(value, errorMark);
  }
}

/** Why a handler was asked to stop. */
export type StopReason = 'canceled' | 'timeout' | 'shutdown' | 'replaced';

const stopMessages: Readonly<Record<StopReason, string>> = {
  canceled: 'The job was canceled.',
  timeout: 'The job ran longer than its timeoutMs and was asked to stop.',
  shutdown: 'The job was canceled because its manager is shutting down.',
  replaced: 'The job was canceled because a newer one replaces it.',
};

/**
 * The reason of a handler's aborted `signal`. A handler may also throw one of its own to
 * end its job as `canceled`.
 */
export class JobCanceledError extends OffstageError {
  override readonly name: string = 'JobCanceledError';
  readonly reason: StopReason;
  declare readonly [canceledMark]: true;

  constructor(reason: StopReason = 'canceled', message: string = stopMessages[reason]) {
    super(reason === 'timeout' ? 'timeout' : 'canceled', message);
    this[canceledMark] = true;
    this.reason = reason;
  }

  static override isInstance(value: unknown): value is JobCanceledError {
    return carries(value, canceledMark);
  }
}

/**
 * An error whose message the application has written for the people who watch the job. It is the
 * only kind that reaches them word for word.
 *
 * @example
 * throw new PublicError('no_documents', 'None of the 12 files could be read.');
 */
export class PublicError extends Error {
  override readonly name: string = 'PublicError';
  /** The application's own code, in snake_case. */
  readonly code: string;
  declare readonly [publicMark]: true;

  constructor(code: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this[publicMark] = true;
    this.code = code;
  }

  static isInstance(value: unknown): value is PublicError {
    return carries(value, publicMark);
  }
}

/**
 * Thrown by a handler whose job no other attempt would mend: the job fails at once, however many
 * attempts are left. A PublicError as its `cause` is what observers see.
 *
 * @example
 * throw new NonRetriableError('The account is closed.', { cause: error });
 */
export class NonRetriableError extends Error {
  override readonly name: string = 'NonRetriableError';
  declare readonly [nonRetriableMark]: true;

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this[nonRetriableMark] = true;
  }

  static isInstance(value: unknown): value is NonRetriableError {
    return carries(value, nonRetriableMark);
  }
}

const longestRetryMs = 2_592_000_000;

/**
 * Thrown by a handler that knows when to try again, as from the `Retry-After` of a 429. While
 * attempts are left, the next one comes after exactly that long. A PublicError as its `cause` is what
 * observers see.
 *
 * @throws OffstageError `invalid_option` unless `afterMs` is 0 to 2,592,000,000 milliseconds (30 days).
 * @example
 * throw new RetryAfterError('The mail service is busy.', { afterMs: 30_000 });
 */
export class RetryAfterError extends Error {
  override readonly name: string = 'RetryAfterError';
  /** Milliseconds. */
  readonly afterMs: number;
  declare readonly [retryAfterMark]: true;

  constructor(message: string, options: { readonly afterMs: number; readonly cause?: unknown }) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    const { afterMs } = options;
    if (typeof afterMs !== 'number' || !(afterMs >= 0 && afterMs <= longestRetryMs)) {
      throw new OffstageError(
        'invalid_option',
        'afterMs must be 0 to 2,592,000,000 milliseconds (30 days). Throw a NonRetriableError where ' +
          'trying again makes no sense.',
        { details: { option: 'afterMs' }, cause: this },
      );
    }
    this[retryAfterMark] = true;
    this.afterMs = afterMs;
  }

  static isInstance(value: unknown): value is RetryAfterError {
    return carries(value, retryAfterMark);
  }
}
