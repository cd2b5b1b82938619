import { normalizeKey } from '../keys/names.ts';
import { filterPaste } from '../paste.ts';
import { type Command, refuse } from './command.ts';
import { crossInto } from './crossing.ts';

export const sendKeys: Command = {
  name: 'send-keys',
  alias: 'send',
  needs: 'session.use',
  target: 'pane',
  args: { flags: 'Xl', values: { t: 'target-pane' }, words: ['key ...'] },
  help: 'Types into a pane: names of keys (Enter, C-c, Up), and as text whatever is no name of a key. -l types everything as text; control characters are then taken out. -X is for keys of copy mode alone.',
  examples: ['send-keys ls Enter', "send-keys -l 'not Enter'"],
  run({ state, args, context, window, pane }) {
    if (args.has('X')) return refuse(state, 'send-keys -X is what a key of copy mode is bound to: bind-key -T copy-mode-vi, or -T copy-mode.');
    if (pane.state !== 'live') return refuse(state, 'No program is running in this pane.');
    const literal = args.has('l');
    const keys = args.words.map((word) => (literal ? undefined : normalizeKey(word)) ?? filterPaste(word).text);
    return crossInto(state, context, window, { state, effects: [{ kind: 'client', action: { action: 'send-keys', pane: pane.id, keys, literal } }] });
  },
};
