import type { ScheduleRecord } from './schedule-options.ts';

/** Where schedules are kept. Each call resolves when what it was given is as safe as it gets. */
export interface ScheduleStore {
  load(): Promise<readonly ScheduleRecord[]>;
  /** Puts the record in the place of the one with the same id. */
  save(record: ScheduleRecord): Promise<void>;
  remove(id: string): Promise<void>;
}

/** Keeps schedules as long as the process lives. */
export function memoryScheduleStore(): ScheduleStore {
  const records = new Map<string, ScheduleRecord>();
  return {
    load: async () => [...records.values()],
    async save(record) {
      records.set(record.id, record);
    },
    async remove(id) {
      records.delete(id);
    },
  };
}
