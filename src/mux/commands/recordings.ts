import type { Command } from './command.ts';

export const recordings: Command = {
  name: 'recordings',
  needs: 'review.own',
  own: true,
  target: 'none',
  args: {},
  help: 'Shows the recordings of this workstation that you may see: finds text in yours, and replays them.',
  examples: ['recordings'],
  opens: 'recordings',
};
