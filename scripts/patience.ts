import { vi } from 'vitest';

/**
 * Every wait of a test is over when what it waits for is there. A limit of Vitest's own second would measure the
 * machine: where others keep it busy, that is over before a process has started.
 */
const patience = { timeout: 60_000 };

const { waitFor, waitUntil } = vi;

vi.waitFor = (check, options) => waitFor(check, withPatience(options));
vi.waitUntil = (check, options) => waitUntil(check, withPatience(options));

function withPatience(options: number | Parameters<typeof waitFor>[1]) {
  return typeof options === 'number' ? options : { ...patience, ...options };
}
