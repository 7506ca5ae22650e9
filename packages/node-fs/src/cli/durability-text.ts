import type { Durability } from '@offstage/core';

const meanings: Readonly<Record<Durability, string>> = {
  durable: 'survives a loss of power',
  'process-crash-safe': 'survives a crash of its process, and no loss of power',
  'best-effort': 'depends on a file system that cannot be told',
};

/** What a publish in this place survives, in words. */
export const describeDurability = (durability: Durability): string =>
  `${durability}: ${meanings[durability]}`;
