// As many as libuv has threads for them.
const asyncAtOnce = 4;

/** In order, some at a time. Rejects with the first failure, after those at work have ended. */
export async function mapAtOnce<T, R>(
  items: readonly T[],
  map: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Array<R>(items.length);
  const ahead = items.entries();
  let failure: { readonly error: unknown } | undefined;
  const work = async (): Promise<void> => {
    for (const [index, item] of ahead) {
      if (failure !== undefined) return;
      try {
        results[index] = await map(item);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: asyncAtOnce }, work));
  if (failure !== undefined) throw failure.error;
  return results;
}
