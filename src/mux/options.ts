/** The options of tmux that Wardmux honours: one row each. Parser, help and documents come from this table. */
import { normalizeKey } from './keys/names.ts';
import { wordSeparators } from './copy/walker.ts';
import type { Result } from './layout.ts';
import { quoteWord } from './syntax/quote.ts';

export interface OptionRow {
  readonly name: string;
  /** One value a scope: every session and every window has the same. */
  readonly scope: 'session' | 'window';
  readonly type: 'number' | 'flag' | 'key' | 'choice' | 'signs';
  readonly default: number | boolean | string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly choices?: readonly string[];
  readonly help: string;
}

/** Lines of scrollback a pane may keep: what the core keeps for a page that is behind (scrollbackLines in src/bridge/frames.ts). */
const historyLimitMaximum = 10_000;

const rows = [
  { name: 'prefix', scope: 'session', type: 'key', default: 'C-b', help: 'The key that starts a command.' },
  {
    name: 'prefix2',
    scope: 'session',
    type: 'key',
    default: 'None',
    help: 'Another key that starts a command. None: there is none.',
  },
  { name: 'base-index', scope: 'session', type: 'number', default: 0, minimum: 0, maximum: 99, help: 'Number of the first window.' },
  {
    name: 'pane-base-index',
    scope: 'window',
    type: 'number',
    default: 1,
    minimum: 0,
    maximum: 99,
    help: 'Number of the first pane. tmux starts at 0; Wardmux shows panes from 1.',
  },
  {
    name: 'renumber-windows',
    scope: 'session',
    type: 'flag',
    default: false,
    help: 'After a window is closed the others are numbered without holes.',
  },
  {
    name: 'repeat-time',
    scope: 'session',
    type: 'number',
    default: 500,
    minimum: 0,
    maximum: 10_000,
    help: 'Milliseconds in which a repeatable key works again without the prefix. 0 turns repeating off.',
  },
  {
    name: 'history-limit',
    scope: 'session',
    type: 'number',
    default: historyLimitMaximum,
    minimum: 0,
    maximum: historyLimitMaximum,
    help: 'Lines of scrollback kept in a pane; with many panes each keeps fewer. Everything is in the recording whatever this says.',
  },
  {
    name: 'buffer-limit',
    scope: 'session',
    type: 'number',
    default: 50,
    minimum: 1,
    maximum: 1000,
    help: 'Paste buffers with a number that are kept in a class; the oldest go first.',
  },
  {
    name: 'lock-after-time',
    scope: 'session',
    type: 'number',
    default: 0,
    minimum: 0,
    maximum: 86_400,
    help: 'Seconds without a key or a click until the lock, where that is sooner than the policy says (30 at least). 0: as the policy says.',
  },
  {
    name: 'display-panes-time',
    scope: 'session',
    type: 'number',
    default: 1000,
    minimum: 100,
    maximum: 60_000,
    help: 'Milliseconds for which display-panes shows the numbers.',
  },
  {
    name: 'mouse',
    scope: 'session',
    type: 'flag',
    default: true,
    help: 'The mouse goes to panes, drags borders, selects text and opens the menu of a pane. Off: only programs that ask for the mouse get it; the wheel scrolls all the same.',
  },
  { name: 'mode-keys', scope: 'window', type: 'choice', default: 'emacs', choices: ['emacs', 'vi'], help: 'Keys of copy mode.' },
  {
    name: 'word-separators',
    scope: 'window',
    type: 'signs',
    default: wordSeparators,
    help: 'What ends a word in copy mode beside a blank: signs, and no letters or digits.',
  },
  {
    name: 'main-pane-width',
    scope: 'window',
    type: 'number',
    default: 80,
    minimum: 10,
    maximum: 1000,
    help: 'Columns of the main pane in the layout main-vertical.',
  },
  {
    name: 'main-pane-height',
    scope: 'window',
    type: 'number',
    default: 24,
    minimum: 3,
    maximum: 500,
    help: 'Rows of the main pane in the layout main-horizontal.',
  },
  { name: 'monitor-bell', scope: 'window', type: 'flag', default: true, help: 'The line marks a window with ! after a bell in it.' },
  { name: 'monitor-activity', scope: 'window', type: 'flag', default: false, help: 'The line marks a window with # after output in it.' },
] as const satisfies readonly OptionRow[];

export const optionRows: readonly OptionRow[] = rows;

type Row = (typeof rows)[number];
type Value<R extends Row> = R extends { readonly type: 'choice' }
  ? R['choices'][number]
  : { readonly number: number; readonly flag: boolean; readonly key: string; readonly signs: string }[Exclude<R['type'], 'choice'>];
type OptionsOf<Scope extends OptionRow['scope']> = { readonly [R in Extract<Row, { readonly scope: Scope }> as R['name']]: Value<R> };
export type SessionOptions = OptionsOf<'session'>;
export type WindowOptions = OptionsOf<'window'>;

/** Values by scope. */
export interface Options {
  readonly session: SessionOptions;
  readonly window: WindowOptions;
}
/** Values by name, whatever their scope: what the page is told. */
export type FlatOptions = SessionOptions & WindowOptions;

export const flatOptions = ({ session, window }: Options): FlatOptions => ({ ...session, ...window });

export const defaultOptions: Options = (['session', 'window'] as const).reduce(
  (options, scope) => ({ ...options, [scope]: Object.fromEntries(optionRows.filter((row) => row.scope === scope).map((row) => [row.name, row.default])) }),
  {} as Options,
);

/** The options with some values replaced, each in its scope. Values are not checked. */
export function withOptions(options: Options, values: Partial<FlatOptions>): Options {
  return Object.entries(values).reduce<Options>((changed, [name, value]) => {
    const { scope } = optionRows.find((row) => row.name === name)!;
    return { ...changed, [scope]: { ...changed[scope], [name]: value } };
  }, options);
}

/** A row by its name, or by the beginning of it where that is only one's. */
export function findOption(name: string): Result<OptionRow> {
  const exact = optionRows.find((row) => row.name === name);
  const matches = exact ? [exact] : name === '' ? [] : optionRows.filter((row) => row.name.startsWith(name));
  const [only] = matches;
  if (only && matches.length === 1) return { ok: true, value: only };
  return { ok: false, sentence: `There is no option "${name}". The options are ${optionRows.map((row) => row.name).join(', ')}.` };
}

/** Sets one option from text. Values out of range or of another kind are refused with a sentence. */
export function setOption(options: Options, name: string, text: string): Result<Options> {
  const found = findOption(name);
  if (!found.ok) return found;
  const row = found.value;
  const value = readValue(row, text);
  return value.ok ? { ok: true, value: withOptions(options, { [row.name]: value.value }) } : value;
}

/** An option's value alone, as `show-options -v` prints it. */
export function optionText(options: Options, row: OptionRow): string {
  const value = (options[row.scope] as unknown as Readonly<Record<string, number | boolean | string>>)[row.name];
  return value === true ? 'on' : value === false ? 'off' : String(value);
}

/** name value, as show-options prints it and set-option takes it. */
export function showOption(options: Options, row: OptionRow): string {
  const text = optionText(options, row);
  return `${row.name} ${row.type === 'signs' ? quoteWord(text) : text}`;
}

/** Signs of one option: a list of every one that a keyboard has is half as long. */
const MOST_SIGNS = 64;

function readValue(row: OptionRow, text: string): Result<number | boolean | string> {
  const wrong = (what: string): Result<never> => ({ ok: false, sentence: `${row.name} must be ${what}, not "${text}".` });
  switch (row.type) {
    case 'number': {
      const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = row;
      const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
      return value >= minimum && value <= maximum ? { ok: true, value } : wrong(`a whole number from ${minimum} to ${maximum}`);
    }
    case 'flag':
      if (/^(?:on|yes|1)$/i.test(text)) return { ok: true, value: true };
      return /^(?:off|no|0)$/i.test(text) ? { ok: true, value: false } : wrong('on or off');
    case 'key': {
      if (row.default === 'None' && text === 'None') return { ok: true, value: text };
      const key = normalizeKey(text);
      // A prefix without a modifier would swallow ordinary typing.
      return key !== undefined && /^(?:[CM]-|F\d)/.test(key) ? { ok: true, value: key } : wrong('a key with ctrl or alt, such as C-a, or a function key');
    }
    case 'signs':
      return [...text].length <= MOST_SIGNS && /^[^\p{L}\p{N}\p{C}]*$/u.test(text)
        ? { ok: true, value: text }
        : wrong(`${MOST_SIGNS} signs at most, without letters and digits`);
    case 'choice':
      return row.choices?.includes(text) ? { ok: true, value: text } : wrong(`one of ${row.choices?.join(', ') ?? ''}`);
  }
}
