/**
 * Puts items behind others, however many there are: as arguments of one call, those of a sheet of some hundred
 * thousand rows overflow the stack.
 */
export function append<Item>(to: Item[], items: Iterable<Item>): void {
  for (const item of items) to.push(item);
}
