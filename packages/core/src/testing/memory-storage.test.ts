import { describe, expect, test } from 'vitest';
import { memoryStorage } from './memory-storage.ts';
import { storageSuite } from './storage-suite.ts';

storageSuite(
  { describe, test, expect },
  {
    name: 'memoryStorage',
    create: async () => {
      const storage = memoryStorage();
      return {
        storage,
        another: () => storage.another(),
        files: storage.files,
        dispose: async () => undefined,
      };
    },
  },
);
