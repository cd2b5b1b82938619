/** A class's place is of one person and one class, and a class that is gone has none. */
import { expect, test } from 'vitest';
import { EMERGENCY_CLASS } from '../../types/classes.ts';
import { classRoom } from './class-room.ts';

const person = 'p-0123456789ab';
const policy = {
  workstation: { name: 'w', class: 'nursing' as const, banner: '' },
  classes: [
    { name: 'clinical', look: 'clinical' as const, first: true, to: [], sandbox: { kind: 'bubblewrap' as const, network: false }, withhold: ['SSH_AUTH_SOCK'] },
    { name: 'lab', look: 'plain' as const, to: [] },
  ],
};

test('each class of each person has a folder of its own', () => {
  const env = { HOME: '/home/ada' };
  expect(classRoom(policy, person, 'clinical', env)).toEqual({
    class: 'clinical',
    folder: `/home/ada/.local/state/wardmux-classes/${person}/clinical`,
    withhold: ['SSH_AUTH_SOCK'],
    sandbox: { network: false },
  });
  expect(classRoom(policy, person, 'lab', { ...env, XDG_STATE_HOME: '/state' })).toEqual({
    class: 'lab',
    folder: `/state/wardmux-classes/${person}/lab`,
    withhold: [],
    sandbox: null,
  });
  // A relative one is ignored, as the specification of base directories demands.
  expect(classRoom(policy, 'p-000000000001', 'lab', { ...env, XDG_STATE_HOME: 'state' }).folder).toBe(
    '/home/ada/.local/state/wardmux-classes/p-000000000001/lab',
  );
});

test('a class that the policy does not name any more starts no shell; an emergency always has one', () => {
  expect(() => classRoom(policy, person, 'general', {})).toThrow('The policy in force has no class "general" any more');
  expect(classRoom(policy, person, EMERGENCY_CLASS, { HOME: '/h' })).toMatchObject({ sandbox: null });
});
