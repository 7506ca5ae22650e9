/** The longest text of an error that is kept or carried, in UTF-16 code units. */
export const maxErrorText = 65_536;

const ellipsis = ' … (cut)';

/** The text, or its beginning where it is longer than an error's text may be. */
export function boundedText(text: string, maxLength: number = maxErrorText): string {
  if (text.length <= maxLength) return text;
  const kept = Math.max(0, maxLength - ellipsis.length);
  return (text.slice(0, kept).toWellFormed() + ellipsis).slice(0, maxLength);
}

/**
 * The text of a value that should have been one. An object is not asked for its own: a list that holds
 * the same list again and again would be an endless text.
 */
export function textOf(value: unknown, maxLength: number = maxErrorText): string {
  switch (typeof value) {
    case 'string':
      return boundedText(value, maxLength);
    case 'object':
      return value === null ? 'null' : '[object]';
    case 'function':
      return '[function]';
    case 'bigint':
      return BigInt.asIntN(64, value) === value ? String(value) : '[bigint]';
    default:
      return boundedText(String(value), maxLength);
  }
}

/**
 * What an unknown value is, in a few words and whatever it does when it is looked at (F2): the
 * fixed text where it cannot be looked at at all.
 */
export function describeUnknown(value: unknown): string {
  try {
    if (value instanceof Error) return textOf(value.stack ?? value.message);
    return typeof value === 'object' && value !== null
      ? boundedText(Object.prototype.toString.call(value))
      : textOf(value);
  } catch {
    return indescribable;
  }
}

const indescribable = 'something that throws when it is looked at';
