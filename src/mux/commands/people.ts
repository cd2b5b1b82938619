import type { Command } from './command.ts';

export const people: Command = {
  name: 'people',
  needs: 'evidence.read',
  own: true,
  target: 'none',
  args: {},
  help: 'Shows who can open this workstation: roles, key slots, last unlock, state. A security admin enrols, disables and deletes people there, and gives roles.',
  examples: ['people'],
  opens: 'people',
};
