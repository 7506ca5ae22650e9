interface Asked {
  readonly add: readonly string[];
  readonly remove: readonly string[];
  readonly retry: readonly string[];
}

/** What a change does, for a person, without a name in it. */
export function describeChange({ add, remove, retry }: Asked): string {
  const parts = [
    add.length > 0 ? `adding ${count(new Set(add).size)}` : '',
    remove.length > 0 ? `removing ${count(remove.length)}` : '',
    retry.length > 0 ? `trying ${count(retry.length)} again` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'indexing everything again' : listed.format(parts);
}

const listed = new Intl.ListFormat('en');

const count = (files: number): string => (files === 1 ? '1 document' : `${files} documents`);
