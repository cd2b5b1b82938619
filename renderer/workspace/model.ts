/** The workspace's state: signals fed by the core's events. Framework-free; views read, the controller writes. */
import { computed, signal } from '@preact/signals';
import type { Permission } from '../../src/access/index.ts';
import type { StatusView } from '../../src/bridge/schema.ts';
import type { PaneView, WindowView, WorkspaceView } from '../../src/types/workspace-view.ts';
import { keyLabel } from '../../src/mux/keys/names.ts';
import { changedRows } from '../../src/mux/keys/tables.ts';
import { defaultOptions, flatOptions, type FlatOptions } from '../../src/mux/options.ts';
import type { Rectangle } from './copy-mode.ts';
import type { AskedPaste } from './paste.ts';
import type { TerminalView } from './terminal-view.ts';

/** What rises from the line: a band by its name (bands/), and what it is about. */
export interface OpenBand {
  readonly name: string;
  readonly pane?: number;
  readonly words?: Readonly<Record<string, string>>;
  /** The classes that the words are of: they go back with the line that comes of it. */
  readonly from?: readonly string[];
  readonly pasted?: AskedPaste;
}

/** `ok`: it was done or proven. `note`: an answer. `nothing`: nothing happened, and why. `wait`: it is being done. */
export type NoticeKind = 'ok' | 'note' | 'nothing' | 'wait' | 'warn' | 'stop';

export interface Notice {
  readonly id: number;
  readonly at: Date;
  readonly kind: NoticeKind;
  readonly sentence: string;
  readonly note?: string;
  /** A banner that goes by itself when this is over. */
  readonly about?: string;
}

export interface CopyState {
  readonly pane: number;
  readonly column: number;
  /** Row of the viewport. */
  readonly row: number;
  readonly selecting: boolean;
  /** A selection is, or would be, a rectangle. */
  readonly rectangular: boolean;
  readonly rectangle: Rectangle | undefined;
  /** Row of the viewport with the line that was marked; it may be outside of it. */
  readonly mark: number | undefined;
  /** What the next key is: a character to jump to, or more digits of a count or of a line. */
  readonly asked: 'character' | { readonly digits: string; readonly line: boolean } | undefined;
}

export const view = signal<WorkspaceView | undefined>(undefined);
export const status = signal<StatusView | undefined>(undefined);
/** Whether whoever is in may do it, as far as the page has heard: what it knows to be refused it does not ask for. The core asks at every door. */
export const permits = (needs: Permission): boolean => status.value?.permits.includes(needs) ?? true;
/** They are in, and open no shells here: their roles have other work, or they have yet to enrol a second factor. */
export const opensNoShells = computed(() => status.value !== undefined && !permits('session.use'));
/** Seconds until the lock, counted down between the core's statuses. */
export const lockIn = signal(0);
/** They are in an emergency. Only what does not change each second: the banner stands still. */
export const emergency = computed(() => status.value?.emergency);
/** Seconds until it ends, counted down between the core's statuses. */
export const endsIn = signal(0);
export const prefixActive = signal(false);
export const whichKey = signal(false);
export const band = signal<OpenBand | undefined>(undefined);
/** The policy's text, which has to be accepted before anything else. */
export const consent = signal<{ readonly version: number; readonly text: string } | undefined>(undefined);
/** Whoever is in has to say why before anything else: the shape of their ticket, null where none is asked for. */
export const reason = signal<{ readonly ticket: string | null } | undefined>(undefined);
export const toasts = signal<readonly Notice[]>([]);
/** Lines that were given at the prompt, newest first, each with the class that it was given in: those of one are not another's. */
export const promptHistory = signal<readonly { readonly line: string; readonly of: string }[]>([]);
/** What was said, oldest first. */
export const log = signal<readonly Notice[]>([]);
export const banners = signal<readonly Notice[]>([]);
export const paneNumbers = signal(false);
/** The pane that shows the time (clock-mode). */
export const clock = signal<number | undefined>(undefined);
export const searching = signal<number | undefined>(undefined);
export const copying = signal<CopyState | undefined>(undefined);
/** A pane that somebody has said yes to, as it was then. */
export type Receiver = Pick<PaneView, 'pane' | 'number' | 'host'>;
/** synchronize-panes: a window, and the panes of it that get what is typed into one of them. */
export const broadcast = signal<{ readonly window: number; readonly receivers: readonly Receiver[] } | undefined>(undefined);
export const terminals = new Map<number, TerminalView>();

export const activeWindow = computed<WindowView | undefined>(() => view.value?.windows.find((window) => window.active));
export const activePane = computed<PaneView | undefined>(() => activeWindow.value?.panes.find((pane) => pane.pane === activeWindow.value?.activePane));

/** The options of tmux; set-option changes them. */
export const options = computed(() => ({ ...flatOptions(defaultOptions), ...view.value?.options }) as FlatOptions);
/** What bind-key and unbind-key have changed, and the keys as they are by that. */
export const keyChanges = computed(() => view.value?.keys ?? []);
export const keyRows = computed(() => changedRows(keyChanges.value));
export const prefixLabel = computed(() => keyLabel(options.value.prefix));
/** Our sentences name the default prefix; a person who moved it reads their own. */
export const withPrefix = (sentence: string): string => sentence.replaceAll(keyLabel(defaultOptions.session.prefix), prefixLabel.value);

/** The cursor of the focused pane is in the lower half of the stage: what must not cover it goes to the upper one. */
export const cursorIsLow = computed(() => {
  const pane = activePane.value;
  const row = pane && terminals.get(pane.pane)?.cursorRow.value;
  return pane !== undefined && row !== undefined && pane.y + 1 + row >= (view.value?.stage.rows ?? 0) / 2;
});

/** How a class is called and looks, as the policy in force has it. One that it has no more has its name. */
export const classOf = (name: string): StatusView['classes'][number] =>
  status.value?.classes.find((known) => known.name === name) ?? { name, label: name, look: 'plain' };
/** That of the session in front, and so of every pane on the screen. */
export const sessionClass = computed(() => classOf(view.value?.class ?? ''));

export const activePaneId = computed(() => activePane.value?.pane);
export const warned = computed(() => status.value?.warning ?? false);

/** Every pane of every window, in a fixed order: the flat keyed list that is never remounted. */
export const allPanes = computed(() =>
  [...(view.value?.windows ?? []), ...(view.value?.elsewhere ?? [])]
    .flatMap((window) =>
      window.panes.map((pane) => ({ pane, window, shown: window.active && pane.visible, focused: window.active && window.activePane === pane.pane })),
    )
    .sort((a, b) => a.pane.pane - b.pane.pane),
);

/** The pane has no program; what it printed stands there still. */
export const hasEnded = ({ state }: Pick<PaneView, 'state'>): boolean => state === 'exited' || state === 'failed';

/** Beside the title of a prompt the name of the shell says nothing. */
const shells: ReadonlySet<string> = new Set(['sh', 'bash', 'dash', 'zsh', 'fish', 'ksh', 'csh', 'tcsh']);

/** What a pane is called: its program, with the title that it has set itself, else with its host or folder. */
export function paneTitle(pane: PaneView): string {
  const title = terminals.get(pane.pane)?.title.value;
  if (title) return shells.has(pane.program) || title.includes(pane.program) ? title : `${pane.program} ${title}`;
  return [pane.program, pane.host ?? pane.folder].filter(Boolean).join(' ');
}
