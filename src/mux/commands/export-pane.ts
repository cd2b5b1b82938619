import type { Command } from './command.ts';

export const exportPane: Command = {
  name: 'export-pane',
  needs: 'recording.export.own',
  own: true,
  target: 'pane',
  args: { values: { t: 'target-pane' } },
  help: 'Writes the signed session log of a pane into a folder that an auditor can check without Wardmux.',
  examples: ['export-pane'],
  opens: 'export',
};
