/**
 * The multiplexer as one value. The server is what there is: sessions > windows > panes. The client is who looks at it: the
 * session it is attached to, its stage, its options. Ids count up and are never used twice, so a late message about a pane
 * that is gone can never reach another one.
 */
import type { AlertKind, PaneView } from '../../types/workspace-view.ts';
import * as layouts from '../layout.ts';
import type { LayoutPreset } from '../layout-presets.ts';
import type { KeyChange } from '../keys/tables.ts';
import { type Options, type FlatOptions, defaultOptions, withOptions } from '../options.ts';

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

export interface Pane {
  readonly id: number;
  /** Name of the program in the foreground; until it is known, of the one that was started. */
  readonly program: string;
  /** Where that program is, for the person: ~/feeds. */
  readonly folder?: string;
  /** The host that a remote shell is on. */
  readonly host?: string;
  /** The host that was opened in it by its name: no shell of this machine takes its place by a key, under that name. */
  readonly opened?: string;
  /** Rises each time a pane becomes the active one: tmux's tie-break between neighbours. */
  readonly used: number;
  readonly recording: string | null;
  readonly state: PaneView['state'];
  readonly sentence?: string;
  readonly held?: PaneView['held'];
}

export interface Window {
  readonly id: number;
  readonly index: number;
  readonly name: string;
  /** The name follows the active pane's program until a person gives one. */
  readonly automaticName: boolean;
  /** As it was at the last deliberate change; `layout` is this, fitted to the stage. So a window made small and large again is as before. */
  readonly reference: layouts.Layout;
  readonly layout: layouts.Layout;
  /** False while the stage is too small for the panes: the active one is then shown alone. */
  readonly fits: boolean;
  readonly panes: readonly Pane[];
  readonly active: number;
  readonly last: number | undefined;
  readonly zoomed: boolean;
  readonly preset: LayoutPreset | undefined;
  /** Of a window that is not in front. */
  readonly alerts?: readonly AlertKind[];
}

export interface Session {
  readonly id: number;
  readonly name: string;
  /** How sensitive what is done in it is: one of the policy's classes. All its panes are of it, and none ever leaves it. */
  readonly class: string;
  /** By index, rising. */
  readonly windows: readonly Window[];
  /** Id of the active window; undefined only when there is none. */
  readonly active: number | undefined;
  /** Ids of windows that were active before, latest first. */
  readonly history: readonly number[];
}

export interface Server {
  readonly sessions: readonly Session[];
  /** Id of the marked pane (select-pane -m), which may be gone. */
  readonly marked?: number | undefined;
  readonly next: { readonly session: number; readonly window: number; readonly pane: number; readonly use: number };
}

export interface Client {
  /** Id of the session that it is attached to. */
  readonly session: number;
  /** Ids of sessions that it was attached to before, latest first. */
  readonly history: readonly number[];
  /** What it has for panes, in cells. */
  readonly stage: Size;
  /** How much room its face takes between panes. */
  readonly geometry: layouts.Geometry;
  readonly options: Options;
  /** What bind-key and unbind-key have changed of the key tables. */
  readonly keys: readonly KeyChange[];
  /** Files of tmux's commands that somebody took, latest last: what they did is done again with the next start. */
  readonly configuration: readonly ConfFile[];
}

export interface ConfFile {
  /** As the person named it. */
  readonly path: string;
  readonly text: string;
}

export interface State {
  readonly server: Server;
  readonly client: Client;
}

export interface CreateOptions {
  readonly session?: string;
  /** Of the first session; `general` unless given. */
  readonly class?: string;
  readonly options?: Partial<FlatOptions>;
  readonly geometry?: layouts.Geometry;
  /** Id of the first pane; 0 unless given. */
  readonly firstPane?: number;
}

/** A state with one session and no window yet; `newWindow` opens the first. */
export function createState(stage: Size, create: CreateOptions = {}): State {
  return {
    server: {
      sessions: [{ id: 0, name: create.session ?? '0', class: create.class ?? 'general', windows: [], active: undefined, history: [] }],
      next: { session: 1, window: 0, pane: create.firstPane ?? 0, use: 1 },
    },
    client: {
      session: 0,
      history: [],
      stage,
      geometry: create.geometry ?? layouts.wardmuxGeometry,
      options: withOptions(defaultOptions, create.options ?? {}),
      keys: [],
      configuration: [],
    },
  };
}

export interface Start {
  /** Shown in the title and as the window's automatic name. */
  readonly program: string;
  readonly command?: readonly string[];
  readonly cwd?: string;
  readonly cwdFrom?: number;
}
