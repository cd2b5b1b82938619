import { panesOf, swap } from '../layout.ts';
import { changeLayout, selectPane, swapAcross } from '../state/panes.ts';
import { ownerOf } from '../state/query.ts';
import { type Command, done, refuse } from './command.ts';
import { markedOr } from './targets.ts';

export const swapPane: Command = {
  name: 'swap-pane',
  alias: 'swapp',
  needs: 'session.use',
  target: 'pane',
  args: { flags: 'DUd', values: { s: 'src-pane', t: 'dst-pane' } },
  help: 'Exchanges this pane with the one before it (-U), after it (-D), or another one (-s; the marked one where there is one). -d leaves the keyboard in its place.',
  examples: ['swap-pane -U', 'swap-pane -s .1 -t .3'],
  run({ state, args, context, window, pane }) {
    const order = panesOf(window.layout);
    const at = order.indexOf(pane.id);
    let other = pane.id;
    if (args.has('U')) other = order.at(at - 1) ?? other;
    else if (args.has('D')) other = order[(at + 1) % order.length] ?? other;
    else {
      const source = markedOr(state, args.value('s'), context);
      if (!source.ok) return refuse(state, source.sentence);
      if (source.value.window.id !== window.id) {
        const [from, to] = [source.value.window, window].map(({ id }) => ownerOf(state, id)?.class);
        if (from !== to) return refuse(state, `A pane stays in its class: this one is ${from}, and that one is ${to}.`);
        const change = swapAcross(state, source.value.pane.id, pane.id, args.has('d'));
        return done(change.state, change.effects);
      }
      other = source.value.pane.id;
    }
    if (other === pane.id) return done(state);
    const change = changeLayout(state, window.id, (layout) => swap(layout, pane.id, other));
    // As tmux: the keyboard goes with the pane that was moved; with -d it stays in the place.
    const focus = !args.has('d') ? pane.id : window.active === other ? pane.id : window.active === pane.id ? other : window.active;
    const selected = selectPane(change.state, focus);
    return done(selected.state, [...change.effects, ...selected.effects]);
  },
};
