import { describe, expect, test } from 'vitest';
import {
  JobCanceledError,
  OffstageError,
  type OffstageErrorCode,
  PublicError,
} from '../foundation/errors.ts';
import { describeFailure, timeoutFailure } from './failure.ts';

const secret = '/srv/app/key=hunter2';

class UploadError extends Error {
  override readonly name = 'UploadError';
}

describe('describeFailure', () => {
  test('J11 a PublicError is shown word for word, with a reference', () => {
    const error = new PublicError('no_documents', 'None of the 12 files could be read.', {
      cause: new Error(secret),
    });
    expect(describeFailure(error, 'r1')).toEqual({
      code: 'no_documents',
      message: 'None of the 12 files could be read.',
      reference: 'r1',
    });
  });

  test('J11 a PublicError of another copy of the package is shown too', () => {
    const foreign = { [Symbol.for('offstage.error.public')]: true, code: 'c', message: 'm' };
    expect(describeFailure(foreign, 'r1')).toMatchObject({ code: 'c', message: 'm' });
  });

  test.each([
    ['an error of the platform', new TypeError(secret), 'TypeError'],
    ['an error of the application', new UploadError(secret), 'UploadError'],
    ['an aggregate', new AggregateError([new Error(secret)], secret), 'AggregateError'],
    ['an error named with a sentence', Object.assign(new Error(), { name: secret }), 'Error'],
    ['an over-long name', Object.assign(new Error(), { name: 'E'.repeat(61) }), 'Error'],
    ['a string', secret, 'Error'],
    ['nothing', undefined, 'Error'],
    ['null', null, 'Error'],
    ['an object without a prototype', Object.create(null), 'Error'],
    ['a number', 7, 'Error'],
    [
      'a library error that may name a file',
      new OffstageError('unsafe_entry', secret),
      'OffstageError',
    ],
    ['a stop that is no stop here', new JobCanceledError('canceled', secret), 'JobCanceledError'],
  ])('J11 of %s only the class and the reference are told', (_, error, name) => {
    expect(describeFailure(error, 'r1')).toEqual({
      code: 'handler_failed',
      message: `${name} (reference r1)`,
      reference: 'r1',
    });
  });

  test('J11 an error whose properties throw is told like any other', () => {
    const trap = (): never => {
      throw new Error(secret);
    };
    const hostile = new Proxy({}, { get: trap, has: trap });
    expect(describeFailure(hostile, 'r1').message).toBe('Error (reference r1)');
  });

  test.each<OffstageErrorCode>([
    'timeout',
    'invalid_result',
    'not_serializable',
    'worker_crashed',
    'executor_failed',
  ])('J11 %s has a message of its own that repeats nothing of the error', (code) => {
    const failure = describeFailure(
      new OffstageError(code, secret, { details: { field: secret, reason: secret } }),
      'r1',
    );
    expect(failure.code).toBe(code);
    expect(failure.message).not.toContain('hunter2');
    expect(failure.message).toMatch(/^The job|^The thread/);
  });

  test('W7 J11 not_serializable names the field', () => {
    const error = new OffstageError('not_serializable', secret, {
      details: { field: 'result.rows[3].close' },
    });
    expect(describeFailure(error, 'r1').message).toContain('(at result.rows[3].close)');
  });

  test('W4 J11 worker_crashed says the kind of the crash', () => {
    const error = new OffstageError('worker_crashed', secret, {
      details: { reason: 'out_of_memory' },
    });
    expect(describeFailure(error, 'r1').message).toContain('(out of memory)');
  });

  test('J11 failures are frozen', () => {
    expect(Object.isFrozen(describeFailure(new Error(), 'r1'))).toBe(true);
    expect(Object.isFrozen(timeoutFailure('r1'))).toBe(true);
  });
});
