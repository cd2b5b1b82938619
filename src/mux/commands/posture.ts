import type { Command } from './command.ts';

export const posture: Command = {
  name: 'posture',
  needs: 'evidence.read',
  own: true,
  target: 'none',
  args: {},
  help: 'Shows where this workstation is weaker than the strict profile and what to do, and tries its controls (self-test).',
  examples: ['posture'],
  opens: 'posture',
};
