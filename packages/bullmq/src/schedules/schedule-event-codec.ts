import { OffstageError, type ScheduleEvent } from '@offstage/core';

/** The message that tells other managers of an event; `from` is who knows it already. */
export function encodeEvent(event: ScheduleEvent, from: string): string {
  if (event.type !== 'failed') return JSON.stringify({ from, event });
  const { error, ...rest } = event;
  // The full error stays where it happened, as those of handlers do.
  const told = OffstageError.isInstance(error)
    ? { code: error.code, message: error.message }
    : {
        code: 'executor_failed',
        message: 'The job could not be started; see the log of its manager.',
      };
  return JSON.stringify({ from, event: { ...rest, error: told } });
}

/** `undefined` for one's own, and for what cannot be read. */
export function readEvent(text: string, self: string): ScheduleEvent | undefined {
  try {
    const { from, event } = JSON.parse(text);
    if (from === self) return undefined;
    if (event.type !== 'failed') return event;
    const { code, message } = event.error;
    return { ...event, error: new OffstageError(code, message) };
  } catch {
    return undefined;
  }
}
