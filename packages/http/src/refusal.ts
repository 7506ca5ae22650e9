import { OffstageError, type OffstageErrorCode } from '@offstage/core';

/** A request that is turned away by its form, with the status that says so. Its text is for anyone. */
export class Refusal extends OffstageError {
  override readonly name: string = 'Refusal';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: OffstageErrorCode,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(code, message);
    this.status = status;
    this.headers = headers;
  }
}

export const badRequest = (message: string): Refusal => new Refusal(400, 'invalid_input', message);

/** The same for a foreign, an unknown and a released job (J4). */
export const noSuchJob = (): Refusal =>
  new Refusal(404, 'not_found', 'There is no such job, or it has been released.');
