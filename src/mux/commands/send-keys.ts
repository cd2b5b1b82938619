import { normalizeKey } from '../keys/names.ts';
import { filterPaste } from '../paste.ts';
import { parseCount } from './arguments.ts';
import { type Command, refuse } from './command.ts';
import { crossInto } from './crossing.ts';

/** More is no typing. */
const MOST = 1_000;

export const sendKeys: Command = {
  name: 'send-keys',
  alias: 'send',
  needs: 'session.use',
  content: (args) => !args.has('X'),
  target: 'pane',
  args: { flags: 'Xl', values: { N: 'repeat-count', t: 'target-pane' }, words: ['key ...'] },
  help: 'Types into a pane: names of keys (Enter, C-c, Up), and as text whatever is no name of a key. -l types everything as text; control characters are then taken out. -N does it so many times. -X is for keys of copy mode alone.',
  examples: ['send-keys ls Enter', 'send-keys -N 3 Up', "send-keys -l 'not Enter'"],
  run({ state, args, context, window, pane }) {
    if (args.has('X')) return refuse(state, 'send-keys -X is what a key of copy mode is bound to: bind-key -T copy-mode-vi, or -T copy-mode.');
    const count = parseCount(args.value('N') ?? '1', 'number of times', 1);
    if (!count.ok || count.value > MOST) return refuse(state, count.ok ? `-N takes a number up to ${MOST}.` : count.sentence);
    if (pane.state !== 'live') return refuse(state, 'No program is running in this pane.');
    const literal = args.has('l');
    const once = args.words.map((word) => (literal ? undefined : normalizeKey(word)) ?? filterPaste(word).text);
    const keys = Array.from({ length: count.value }, () => once).flat();
    return crossInto(state, context, window, { state, effects: [{ kind: 'client', action: { action: 'send-keys', pane: pane.id, keys, literal } }] });
  },
};
