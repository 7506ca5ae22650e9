/** @param type What stands in its content type: `json`, say. */
export const isOfType = ({ headers }: Response, type: string): boolean =>
  (headers.get('content-type') ?? '').includes(type);
