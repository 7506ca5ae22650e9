import { statfs } from 'node:fs/promises';
import type { Durability } from '@offstage/core';

// The numbers of statfs(2), from Linux's <linux/magic.h> and the file systems' own headers: local file
// systems whose fsync reaches the disk, names in directories included. An overlay is as good as what
// is below it, which in containers is one of the others.
const durableOnLinux = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0xf2f52010, // F2FS
  0x2fc12fc1, // ZFS
  0xca451a4e, // bcachefs
  0x794c7630, // overlayfs
]);

// In memory: nothing of it outlives the power.
const volatileOnLinux = new Set([
  0x01021994, // tmpfs
  0x858458f6, // ramfs
]);

/**
 * What a publish in that folder survives, by platform and file system. Windows has no fsync of a
 * directory. On macOS Node flushes with `F_FULLFSYNC`, and has no way to tell a local disk from a
 * network volume.
 */
export async function durabilityOf(folder: string): Promise<Durability> {
  if (process.platform === 'win32') return 'process-crash-safe';
  if (process.platform !== 'linux') return 'best-effort';
  // Some architectures give the number as a signed one.
  const type = (await statfs(folder)).type >>> 0;
  if (durableOnLinux.has(type)) return 'durable';
  return volatileOnLinux.has(type) ? 'process-crash-safe' : 'best-effort';
}
