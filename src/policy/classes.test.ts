/** Classes of sessions: what a policy may say of them, and what holds where it says nothing. */
import { expect, test } from 'vitest';
import { EMERGENCY_CLASS } from '../types/classes.ts';
import { workstationClasses } from '../types/words.ts';
import { classRules, classesSchema, sessionClass, sessionClasses } from './classes.ts';
import type { SessionClass } from './types.ts';

const at = (place: (typeof workstationClasses)[number], classes?: readonly SessionClass[]): Parameters<typeof classRules>[0] => ({
  workstation: { name: 'w', class: place, banner: '' },
  ...(classes ? { classes } : {}),
});
const clinical: SessionClass = { name: 'clinical', look: 'clinical', first: true, to: [] };
const lab: SessionClass = { name: 'lab', label: 'laboratory', look: 'plain', to: ['clinical'] };

test('a policy that says nothing of them has two, between which nothing goes, and the first goes with the place', () => {
  for (const place of workstationClasses) {
    const rules = classRules(at(place));
    expect(rules.names).toEqual(['clinical', 'general']);
    expect(rules.first).toBe(place === 'it-office' || place === 'remote' ? 'general' : 'clinical');
    for (const from of rules.names) for (const to of rules.names) expect(rules.lets(from, to)).toBe(false);
  }
  expect(sessionClasses(at('nursing')).every(({ sandbox, withhold }) => sandbox === undefined && withhold === undefined)).toBe(true);
});

test('what a policy says holds, one way alone, and of a class that it does not name nothing', () => {
  const policy = at('nursing', [clinical, lab]);
  const { lets, first } = classRules(policy);
  expect(first).toBe('clinical');
  expect([lets('lab', 'clinical'), lets('clinical', 'lab'), lets('gone', 'clinical'), lets('lab', 'gone'), lets('lab', EMERGENCY_CLASS)]).toEqual([true, false, false, false, false]); // prettier-ignore
  expect(sessionClass(policy, 'lab')).toBe(lab);
  expect(sessionClass(policy, 'general')).toBeUndefined();
});

test.each([
  ['an unknown class to go to', [{ ...clinical, to: ['gone'] }]],
  ['itself', [{ ...clinical, to: ['clinical'] }]],
  ['no first one', [{ ...clinical, first: undefined }]],
  ['two first ones', [clinical, { ...lab, first: true }]],
  ['the same twice', [clinical, { ...clinical, first: undefined }]],
  ['the class of emergencies', [{ ...clinical, name: EMERGENCY_CLASS }]],
  ['a name that is none', [{ ...clinical, name: 'Ward 3' }]],
  ['another kind of sandbox', [{ ...clinical, sandbox: { kind: 'none', network: false } }]],
  ['a variable that is none', [{ ...clinical, withhold: ['A=B'] }]],
  [
    'one look for one with a sandbox and one without',
    [
      { ...clinical, sandbox: { kind: 'bubblewrap', network: false } },
      { ...lab, look: 'clinical' },
    ],
  ],
  [
    'one look for two that withhold something else',
    [
      { ...clinical, withhold: ['A'] },
      { ...lab, look: 'clinical', withhold: ['B'] },
    ],
  ],
  ['nothing', []],
])('%s is refused', (_, rows) => {
  expect(classesSchema.safeParse(rows).success).toBe(false);
});
