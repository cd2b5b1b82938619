import type { Command } from './command.ts';

export const policy: Command = {
  name: 'policy',
  needs: 'evidence.read',
  own: true,
  target: 'none',
  args: {},
  help: 'Shows which policy is in force and what policy.json would change, each field before and after. A security admin takes it into force there; what makes the workstation weaker takes a second one.',
  examples: ['policy'],
  opens: 'policy',
};
