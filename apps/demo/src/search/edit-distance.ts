/**
 * How many letters have to be changed, left out, added or swapped with the next one to make one word of
 * another; `undefined` where it is more than `most`. Only the band of that width is looked at.
 */
export function withinDistance(from: string, to: string, most: number): number | undefined {
  if (Math.abs(from.length - to.length) > most) return undefined;
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let i = 1; i <= from.length; i += 1) {
    const next = new Array<number>(to.length + 1).fill(most + 1);
    next[0] = i;
    let least = i;
    for (let j = Math.max(1, i - most); j <= Math.min(to.length, i + most); j += 1) {
      const same = from[i - 1] === to[j - 1];
      let cost = Math.min(at(row, j) + 1, at(next, j - 1) + 1, at(row, j - 1) + (same ? 0 : 1));
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (isSwap) cost = Math.min(cost, at(before, j - 2) + 1);
      next[j] = cost;
      least = Math.min(least, cost);
    }
    if (least > most) return undefined;
    before = row;
    row = next;
  }
  const distance = at(row, to.length);
  return distance > most ? undefined : distance;
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.MAX_SAFE_INTEGER;
