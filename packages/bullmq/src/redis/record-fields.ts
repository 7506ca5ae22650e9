/** The fields of a record that every look brings, in this order: what a view is made of. */
export const viewFields = [
  'owner',
  'spec',
  'state',
  'rev',
  'fence',
  'rest',
  'seq',
  'progress',
  'dropped',
  'result',
  'retryOf',
] as const;

/** What an attempt begins with. */
export const handlerFields = ['input', 'saved'] as const;

/** As the arguments of a command within a script. */
export const named = (fields: readonly string[]): string =>
  fields.map((field) => `'${field}'`).join(', ');
