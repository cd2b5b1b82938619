/** No alert is passed over, however few of those that waited were taken, and none goes again that was taken before one of the same event. */
import { expect, test } from 'vitest';
import fc from 'fast-check';
import '../../../test/support/properties.ts';
import type { Alert } from '../../alerts/evaluate.ts';
import { placeBehind, waitingAlerts } from './alert-sinks.ts';

const START = Date.parse('2026-11-29T02:00:00.000Z');
const alert = (rule: Alert['rule'], seq: number, raised: number, more: Partial<Alert> = {}): Alert => ({
  ...{ rule, seq, severity: 'page', owner: 'security', about: [], hosts: [], events: [seq], count: 1, closed: null },
  ...{ raised: new Date(START + raised).toISOString(), due: '', last: '', ...more },
});
const names = (all: readonly Alert[]): string[] => all.map(({ rule, seq, raised }) => `${rule} ${seq} ${raised}`);

test('open ones behind the place, of events by their number, of what has not happened by the time', () => {
  const all = [
    alert('spray', 3, 0),
    alert('tampered', 7, 10),
    alert('clock-back', 7, 10, { severity: 'warn' }),
    alert('not-verified', 1, 50),
    alert('sink-silent', 2, 90),
    alert('tampered', 8, 20, { closed: { by: '', time: '', seq: 9, note: '' } }),
    // Whoever says so has read further than this view.
    alert('tampered', 12, 20),
  ];
  const place = { size: 4, at: new Date(START + 50).toISOString() };
  expect(names(waitingAlerts({ events: 12, all }, {}, place)).map((name) => name.slice(0, -25))).toEqual(['tampered 7', 'clock-back 7', 'sink-silent 2']);
  expect(waitingAlerts({ events: 12, all }, { only: 'page' }, place).map(({ rule }) => rule)).toEqual(['tampered', 'sink-silent']);
});

test('whatever is taken of them, each goes at least once, and one that was taken goes again only beside one of its event or its moment', () => {
  const one = fc.oneof(
    fc.record({ rule: fc.constantFrom<Alert['rule']>('spray', 'tampered', 'clock-back'), seq: fc.nat(9), raised: fc.nat(20) }),
    fc.record({ rule: fc.constantFrom<Alert['rule']>('not-verified', 'sink-silent', 'review-overdue'), seq: fc.nat(9), raised: fc.nat(100) }),
  );
  fc.assert(
    fc.property(
      fc.uniqueArray(one, { maxLength: 12, selector: ({ rule, seq }) => `${rule} ${seq}` }),
      fc.array(fc.nat(3), { maxLength: 40 }),
      (list, steps) => {
        const all = list.map(({ rule, seq, raised }) => alert(rule, seq, raised));
        const known = { events: 10, all };
        const now = START + 100;
        let place = { size: 0, at: new Date(0).toISOString() };
        const went: string[] = [];
        // In the end the server takes all of them.
        for (const step of [...steps, 99]) {
          const waiting = waitingAlerts(known, {}, place);
          const taken = Math.min(step, waiting.length);
          if (taken === 0) continue;
          went.push(...names(waiting.slice(0, taken)));
          place = placeBehind(waiting, taken, place, known, now);
        }
        expect(new Set(went)).toEqual(new Set(names(all)));
        expect(waitingAlerts(known, {}, place)).toEqual([]);
        const alone = all.filter((each) => !all.some((other) => other !== each && (other.seq === each.seq || other.raised === each.raised)));
        for (const name of names(alone)) expect(went.filter((each) => each === name)).toHaveLength(1);
      },
    ),
    { numRuns: 2000 },
  );
});
