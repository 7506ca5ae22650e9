import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ActivityGate, type ActivityLease } from './activity-gate.ts';

describe('ActivityGate', () => {
  test('J15 leases are counted, nest, and keep maintenance out', () => {
    const gate = new ActivityGate();
    const outer = gate.enterForeground();
    const inner = gate.enterForeground();
    expect(gate.foregroundLeases).toBe(2);
    outer.release();
    expect(() => gate.enterMaintenance(0)).toThrow(expect.objectContaining({ code: 'conflict' }));
    inner.release();
    expect(gate.enterMaintenance(0)).toBeDefined();
  });

  test('J15 an active job keeps maintenance out', () => {
    expect(() => new ActivityGate().enterMaintenance(1)).toThrow(
      expect.objectContaining({ code: 'conflict' }),
    );
  });

  test('J15 maintenance refuses leases, jobs and a second maintenance until it is released', () => {
    const gate = new ActivityGate();
    const maintenance = gate.enterMaintenance(0);
    expect(() => gate.enterForeground()).toThrow(
      expect.objectContaining({ code: 'admission_paused' }),
    );
    expect(() => gate.assertOpen()).toThrow(expect.objectContaining({ code: 'admission_paused' }));
    expect(() => gate.enterMaintenance(0)).toThrow(expect.objectContaining({ code: 'conflict' }));
    maintenance.release();
    expect(gate.enterForeground()).toBeDefined();
  });

  test('J15 both are released when the work throws, and released once', () => {
    const gate = new ActivityGate();
    let lease: ActivityLease | undefined;
    expect(() => {
      using maintenance = gate.enterMaintenance(0);
      lease = maintenance;
      throw new Error('work');
    }).toThrow('work');
    expect(gate.maintenance).toBe(false);
    const second = gate.enterMaintenance(0);
    lease?.release();
    expect(gate.maintenance).toBe(true);
    second.release();
    const foreground = gate.enterForeground();
    const other = gate.enterForeground();
    foreground.release();
    foreground.release();
    expect(gate.foregroundLeases).toBe(1);
    other.release();
  });

  test('J15 leases and maintenance are never held together', () => {
    const step = fc.record({
      enter: fc.boolean(),
      foreground: fc.boolean(),
      which: fc.nat({ max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const gate = new ActivityGate();
        const held: ActivityLease[] = [];
        for (const { enter, foreground, which } of steps) {
          if (enter) {
            const before = [gate.foregroundLeases, gate.maintenance];
            try {
              held.push(foreground ? gate.enterForeground() : gate.enterMaintenance(0));
            } catch {
              expect([gate.foregroundLeases, gate.maintenance]).toEqual(before);
            }
          } else {
            held[which]?.release();
          }
          expect(gate.maintenance && gate.foregroundLeases > 0).toBe(false);
        }
        for (const lease of held) lease.release();
        expect([gate.foregroundLeases, gate.maintenance]).toEqual([0, false]);
      }),
    );
  });
});
