/** A field of an old form, in Word's documents and in Rich Text. */
export interface FormField {
  form: 'list' | 'box' | 'text' | undefined;
  readonly entries: string[];
  /** What was chosen, or whether it is checked. */
  result: string | undefined;
  /** What stands there at first. */
  start: string | undefined;
}

export const emptyFormField = (): FormField => ({
  ...{ form: undefined, entries: [], result: undefined, start: undefined },
});

const boxes = { checked: '☒', unchecked: '☐' } as const;

/** What the field shows while its result is not there as text. */
export function formChoice({ form, entries, result, start }: FormField): string {
  switch (form) {
    case 'list':
      return entries[Number(result ?? start ?? 0)] ?? '';
    case 'box':
      return /^(?:1|true|on)$/.test(result ?? start ?? '0') ? boxes.checked : boxes.unchecked;
    case 'text':
      return start ?? '';
    case undefined:
      return '';
  }
}
