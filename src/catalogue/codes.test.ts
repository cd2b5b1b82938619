/** What an event is called elsewhere is a word or a number that is published there, and every event has all of them. */
import { expect, test } from 'vitest';
import { valueSet } from '../../test/support/value-sets.ts';
import { eventTable } from '../ledger/events.ts';
import { safeguards } from '../types/safeguards.ts';
import { codes } from './codes.ts';

const ecs = valueSet<{ category: Record<string, string[]>; type: string[]; outcome: string[] }>('ecs');
const ocsf = valueSet<{ classes: Record<string, { activities: Record<string, string> }> }>('ocsf');
const dicom = valueSet<{ eventId: Record<string, string>; eventType: Record<string, string> }>('dicom');
const fhir = valueSet<{ action: Record<string, string>; outcome: Record<string, string> }>('fhir-r4');

test.each([...codes])('%s', (_, row) => {
  expect(ecs.category).toHaveProperty(row.ecs.category);
  // A type that its category does not expect is refused by whoever validates.
  for (const type of row.ecs.type) expect(ecs.category[row.ecs.category]).toContain(type);
  expect(ocsf.classes[row.ocsf.classUid]?.activities).toHaveProperty(String(row.ocsf.activityId));
  expect(dicom.eventId).toHaveProperty(row.dicom.eventId);
  expect(dicom.eventType).toHaveProperty(row.dicom.eventType);
  expect(fhir.action).toHaveProperty(row.act);
  expect(safeguards).toHaveProperty(row.safeguard);
});

test('an event with an outcome of its own is given no other one', () => {
  for (const { action, outcome } of eventTable) expect(outcome === 'required' && codes.get(action)!.outcome !== undefined, action).toBe(false);
});

test('each value set says where it is from and under which licence', () => {
  for (const { source, licence } of [ecs, ocsf, dicom, fhir]) {
    expect(source.length).toBeGreaterThan(20);
    expect(licence).toMatch(/Apache-2\.0|CC0|DICOM/);
  }
});
