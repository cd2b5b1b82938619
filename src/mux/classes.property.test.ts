/**
 * No sequence of commands, copies and pastes moves text from one class into another without the policy's word, and never without an
 * event: a model of shells that know which text they were given, beside the real commands and the real memory of origins.
 */
import { hash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crossing, type ClassRules, type Crossing } from '../types/classes.ts';
import { fillTemplate } from './commands/lexer.ts';
import { runCommandLine } from './commands/run.ts';
import { Origins, piecesOf } from './origins.ts';
import type { ClientAction } from '../types/workspace-view.ts';
import type { Effect } from './state/effects.ts';
import { createState, type State } from './state/model.ts';
import { activePane, classOfPane, sessionOf } from './state/query.ts';
import { newWindow } from './state/windows.ts';
import { toView } from './view.ts';

const names = ['clinical', 'general', 'lab'] as const;
const digests = (text: string): string[] => piecesOf(text).map((piece) => hash('sha256', piece, 'hex').slice(0, 32));

/** `@` stands for a text that was made in the class where the line is given, `%` for any pane, `§` for the sign itself. */
const lines = fc.constantFrom(
  'new-session -C clinical',
  'new-session -C general',
  'new-session -C lab -d',
  'new-session -C general "echo @"',
  'new-session -C lab -c /srv/@',
  'new-window "echo @"',
  'new-window -c /srv/@',
  'new-window',
  'split-window -t % "echo @"',
  'split-window -h -t %',
  'respawn-pane -t % "echo @"',
  'send-keys -t % @ Enter',
  'send-keys -l -t % @',
  'switch-client -n ; send-keys @',
  'switch-client -n ; new-window "echo @"',
  'kill-pane ; send-keys @',
  'kill-session ; send-keys @ Enter',
  'kill-session ; split-window "echo @"',
  'rename-window @',
  'rename-window -t % @',
  'rename-session @',
  'switch-client -n ; rename-session @',
  'switch-client -n ; rename-window @',
  'new-session -C general -s @',
  'new-session -d -C lab -n @',
  'switch-client -n ; new-window -n @',
  'break-pane -s % -n @',
  'confirm-before "send-keys @" ; switch-client -n',
  'confirm-before "send-keys @" ; kill-pane',
  'confirm-before "confirm-before \'new-window @\'" ; switch-client -n',
  'confirm-before "rename-session @" ; switch-client -p',
  'command-prompt -I @ "send-keys -- \'§§\'" ; switch-client -n',
  'command-prompt -I "#W" "send-keys -l -t % -- \'§§\'"',
  'switch-client -n ; command-prompt -I "#W #S" "send-keys -- \'§§\'"',
  'bind-key x send-keys -l @',
  'bind-key y confirm-before "rename-window @"',
  'bind-key z { bind-key x new-window "echo @" } ; switch-client -n',
  'switch-client -n',
  'switch-client -p',
  'switch-client -l',
  'kill-session',
  'kill-pane -t %',
  'kill-window',
  'break-pane -s %',
  'swap-pane -s % -t %',
  'swap-pane -D',
  'select-pane -t %',
  'next-window',
  'rotate-window',
);
const step = fc.oneof(
  fc.record({ line: lines, picks: fc.array(fc.nat(50), { minLength: 3, maxLength: 3 }) }),
  fc.record({ copies: fc.nat(50), whole: fc.boolean() }),
  fc.record({ pastes: fc.nat(50) }),
  // A key that somebody has bound, wherever they are by then.
  fc.record({ presses: fc.nat(50) }),
  // Return, or y, to what a line has opened: whenever, and whatever is in front by then.
  fc.record({ answers: fc.constant(true) }),
);
const rule = fc.uniqueArray(fc.constantFrom(...names.flatMap((from) => names.map((to) => `${from} ${to}`))));

/** Texts say themselves where they were made: `secret-CLASS-N`. */
const made = /secret-([a-z]+)-\d+/g;

function walk(allowed: readonly string[], steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[]): { moved: number; refused: number } {
  const rules: ClassRules = { names, first: 'clinical', lets: (from, to) => allowed.includes(`${from} ${to}`) };
  const origins = new Origins();
  let asked: Extract<ClientAction, { action: 'open' }> | undefined;
  const entries = new Set<string>();
  let state: State = newWindow(createState({ cols: 160, rows: 48 }, { class: 'clinical' }), { program: 'sh' }).state;
  let clipboard = '';
  let count = 0;
  let [moved, refused] = [0, 0];
  const panes = (): number[] => state.server.sessions.flatMap(({ windows }) => windows.flatMap(({ panes: all }) => all.map(({ id }) => id)));
  const classes = new Map(panes().map((pane) => [pane, 'clinical']));
  /** A shell is given a text: it was made in its class, or the policy lets it in and an event stands before it. */
  const given = (pane: number, text: string, entered: readonly Crossing[]): void => {
    const to = classOfPane(state, pane)!;
    for (const [, from] of text.matchAll(made)) {
      if (from === to) continue;
      moved++;
      expect(rules.lets(from!, to), `${from} to ${to}`).toBe(true);
      expect(entered).toContainEqual(expect.objectContaining({ from, to, allowed: true }));
    }
  };
  const carryOut = (effects: readonly Effect[]): void => {
    const entered: Crossing[] = [];
    for (const effect of effects) {
      if (effect.kind === 'crossing') {
        entered.push(effect);
        if (effect.allowed) entries.add(`${effect.from} ${effect.to}`);
      } else if (effect.kind === 'spawn') {
        expect(effect.class).toBe(classOfPane(state, effect.pane) ?? effect.class);
        if (effect.cwdFrom !== undefined) expect(classes.get(effect.cwdFrom)).toBe(effect.class);
        classes.set(effect.pane, effect.class);
        if (classOfPane(state, effect.pane) !== undefined) given(effect.pane, [...effect.command, effect.cwd ?? ''].join(' '), entered);
      } else if (effect.kind === 'client' && effect.action.action === 'send-keys') given(effect.action.pane, effect.action.keys.join(' '), entered);
      else if (effect.kind === 'client' && effect.action.action === 'open') asked = effect.action;
    }
    refused += entered.filter(({ allowed: went }) => !went).length;
    for (const { from, to, allowed: went } of entered) expect(went).toBe(rules.lets(from, to));
  };
  for (const each of steps) {
    // A session that has lost its last window is still in front, unless another one of its class is there.
    if (activePane(state) === undefined) state = runCommandLine(state, 'switch-client -n', { program: 'sh', refused: () => undefined, classes: rules }).state;
    const pane = activePane(state);
    if (pane === undefined) break;
    const here = classOfPane(state, pane)!;
    const front = sessionOf(state).class;
    if ('line' in each) {
      const all = panes();
      let [pick, text] = [0, ''];
      const line = each.line.replace(/[@%§]/g, (what) =>
        what === '§' ? '%' : what === '@' ? (text ||= `secret-${here}-${count++}`) : `%${all[each.picks[pick++]! % all.length]}`,
      );
      const outcome = runCommandLine(state, line, { program: 'sh', refused: () => undefined, classes: rules, pane });
      state = outcome.state;
      // What is typed on goes where it was meant to go.
      if (!/new-session|switch-client/.test(line)) expect(sessionOf(state).class, line).toBe(front);
      carryOut(outcome.effects);
    } else if ('answers' in each) {
      if (!asked) continue;
      const { words, from } = asked;
      asked = undefined;
      const line = words?.['command'] ?? fillTemplate(words?.['template'] ?? '', words?.['initial'] ?? '');
      const outcome = runCommandLine(state, line, { program: 'sh', refused: () => undefined, classes: rules, pane, ...(from ? { from } : {}) });
      state = outcome.state;
      carryOut(outcome.effects);
    } else if ('presses' in each) {
      const keys = toView(state).keys ?? [];
      const line = keys[each.presses % keys.length]?.line;
      if (line === undefined || line === null) continue;
      const outcome = runCommandLine(state, line, { program: 'sh', refused: () => undefined, classes: rules, pane });
      state = outcome.state;
      carryOut(outcome.effects);
    } else if ('copies' in each) {
      const text = `a line of ward ${each.copies}\nsecret-${here}-${count++} is here`;
      origins.copied(digests(text), here);
      // Of what was copied, another program may hand on a part.
      clipboard = each.whole ? text : text.split('\n')[1]!;
    } else {
      const crossings = origins.pasted(digests(clipboard), here, rules);
      refused += crossings.filter(({ allowed: went }) => !went).length;
      if (crossings.every(({ allowed: went }) => went)) given(pane, clipboard, crossings);
    }
    // A name is text: #W and #S hand it to whoever types in that session.
    for (const { name, class: to, windows } of state.server.sessions)
      for (const [, from] of [name, ...windows.map((window) => window.name)].join(' ').matchAll(made))
        if (from !== to) expect(entries).toContain(`${from} ${to}`);
    // No pane ever is of another class than the one that it was made in.
    for (const id of panes()) expect(classOfPane(state, id)).toBe(classes.get(id));
  }
  return { moved, refused };
}

test('no sequence of commands moves text from one class into another without the policy’s word and an event', () => {
  let [moved, refused] = [0, 0];
  fc.assert(
    fc.property(rule, fc.array(step, { minLength: 15, maxLength: 60 }), (allowed, steps) => {
      const seen = walk(allowed, steps);
      moved += seen.moved;
      refused += seen.refused;
    }),
    { numRuns: 500 },
  );
  // The walk meets both: otherwise it would have shown nothing.
  expect(moved).toBeGreaterThan(50);
  expect(refused).toBeGreaterThan(50);
});

test('where nobody says what the policy is, nothing crosses', () => {
  const first = newWindow(createState({ cols: 80, rows: 24 }, { class: 'clinical' }), { program: 'sh' }).state;
  const context = { program: 'sh', refused: () => undefined };
  expect(runCommandLine(first, 'new-session -C general', context)).toMatchObject({
    failed: true,
    message: expect.stringContaining('There is no class "general"'),
  });
  expect(crossing({ names: [], first: '', lets: () => false }, 'a', 'b', 'paste')).toMatchObject({ allowed: false });
});
