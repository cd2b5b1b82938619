import { type Command, client } from './command.ts';

export const exportPane: Command = {
  name: 'export-pane',
  needs: 'recording.export.own',
  own: true,
  target: 'pane',
  args: { values: { t: 'target-pane' } },
  help: 'Writes the signed session log of a pane into a folder that an auditor can check without Wardmux.',
  examples: ['export-pane'],
  run: ({ state, pane }) => client(state, { action: 'export', pane: pane.id }),
};
