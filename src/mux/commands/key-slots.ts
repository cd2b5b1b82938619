import type { Command } from './command.ts';

export const keySlots: Command = {
  name: 'key-slots',
  needs: 'vault.slot.change',
  own: true,
  target: 'none',
  args: {},
  help: 'Shows what opens your recordings (passphrase, passkeys, recovery codes), and changes it.',
  examples: ['key-slots'],
  opens: 'key-slots',
};
