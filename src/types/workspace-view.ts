/**
 * What the multiplexer gives to whoever draws it: its windows and panes as they are seen, and what the page itself is to do. Checked at run time where it
 * leaves main (src/bridge/schema.ts).
 */
import { themes } from './words.ts';
import { z } from 'zod';

const count = z.number();
const word = z.string();
const theme = z.enum(themes);

/** tmux's flags of a window that is not in front. */
export const alertKinds = ['bell', 'activity'] as const;
export type AlertKind = (typeof alertKinds)[number];

/** A pane's rectangle in cells of the stage, its title row included. The terminal inside is cols-4 by rows-1. */
const paneView = z
  .object({
    pane: count,
    x: count,
    y: count,
    cols: count,
    rows: count,
    /** Which edges of the stage it touches: the face leaves out the rule there. */
    edges: z.array(z.enum(['l', 'r', 't', 'b'])).readonly(),
    /** False while another pane is zoomed over it: it stays mounted, and hidden. */
    visible: z.boolean(),
    /** From 1 in reading order, as shown in the title and by display-panes. */
    number: count,
    /** Name of the program in the foreground. */
    program: word,
    /** Where that program is, and for a remote shell the host: shown until the program sets a title. */
    folder: word.optional(),
    host: word.optional(),
    recording: word.nullable(),
    state: z.enum(['starting', 'live', 'exited', 'failed']),
    /** Set for exited and failed panes: what happened and what can be done. */
    sentence: word.optional(),
    /** The program waits for room on the disk: there is less than the policy keeps, or none. It goes on by itself. */
    held: z.enum(['reserve', 'full']).optional(),
    /** select-pane -m: what join-pane and its kin take from. */
    marked: z.literal(true).optional(),
  })
  .readonly();
export type PaneView = z.infer<typeof paneView>;

const windowView = z
  .object({
    id: count,
    index: count,
    name: word,
    active: z.boolean(),
    last: z.boolean(),
    zoomed: z.boolean(),
    activePane: count,
    /** What happened in it since it was in front. */
    alerts: z.array(z.enum(alertKinds)).readonly().optional(),
    panes: z.array(paneView).readonly(),
  })
  .readonly();
export type WindowView = z.infer<typeof windowView>;

/** `class`: one of the policy's, by its name. */
const sessionView = z
  .object({ id: count, name: word, class: word, windows: count, attached: z.boolean(), alerts: z.array(z.enum(alertKinds)).readonly().optional() })
  .readonly();
export type SessionView = z.infer<typeof sessionView>;

/** Everything the workspace draws but the text in the panes. */
export const workspaceView = z
  .object({
    /** The attached session, and its class. */
    session: word,
    class: word,
    /** All of them, in the order in which they were opened. */
    sessions: z.array(sessionView).readonly(),
    stage: z.object({ cols: count, rows: count }).readonly(),
    windows: z.array(windowView).readonly(),
    /** Windows of the other sessions: nothing of them is drawn, and their terminals go on. */
    elsewhere: z.array(windowView).readonly(),
    /** Every option of src/mux/options.ts by its name, as it is now (set-option). */
    options: z.record(word, z.union([count, z.boolean(), word])).readonly(),
    /** What bind-key and unbind-key have changed of the key tables (src/mux/keys/tables.ts). */
    keys: z
      .array(
        z
          .object({
            table: z.enum(['root', 'prefix', 'copy-mode', 'copy-mode-vi']),
            key: word,
            line: word.nullable(),
            repeat: z.literal(true).optional(),
            note: word.optional(),
          })
          .readonly(),
      )
      .readonly()
      .optional(),
  })
  .readonly();
export type WorkspaceView = z.infer<typeof workspaceView>;

export const clientAction = z.discriminatedUnion('action', [
  /** `pageUp`: start one page up. */
  z.object({ action: z.literal('copy-mode'), pane: count, pageUp: z.literal(true).optional() }).readonly(),
  z.object({ action: z.literal('search'), pane: count }).readonly(),
  /** A buffer of the class in front, by its name; without one the newest, else the clipboard. `separator`: between lines. `deletes`: it is gone then. */
  z
    .object({
      action: z.literal('paste'),
      pane: count,
      buffer: word.optional(),
      separator: word.optional(),
      deletes: z.literal(true).optional(),
    })
    .readonly(),
  /** What is done with a buffer of the class in front; without a name with the newest. `text`: what is set or appended, or the new name. */
  z
    .object({ action: z.literal('buffer'), deed: z.enum(['set', 'append', 'rename', 'delete', 'show']), buffer: word.optional(), text: word.optional() })
    .readonly(),
  /** Whether what is typed goes into several panes of the window in front: asked about first. Left out: it is turned. */
  z.object({ action: z.literal('synchronize'), on: z.boolean().optional() }).readonly(),
  z.object({ action: z.literal('redraw') }).readonly(),
  /** The pane shows the time until a key is pressed. */
  z.object({ action: z.literal('clock'), pane: count }).readonly(),
  z.object({ action: z.literal('verify'), pane: count }).readonly(),
  z.object({ action: z.literal('display-panes') }).readonly(),
  /** A band rises (renderer/workspace/bands, by its name there), about a pane, or with words that the band names; `from`: the classes that the words are of. */
  z
    .object({
      action: z.literal('open'),
      band: word,
      pane: count.optional(),
      words: z.record(word, word).readonly().optional(),
      from: z.array(word).readonly().optional(),
    })
    .readonly(),
  z.object({ action: z.literal('display'), text: z.enum(['larger', 'smaller', 'standard']).optional(), theme: theme.optional() }).readonly(),
  z.object({ action: z.literal('message'), text: word }).readonly(),
  /** Types into the pane: tmux names of keys, or with `literal` the texts as they are. The bytes travel as an input frame. */
  z.object({ action: z.literal('send-keys'), pane: count, keys: z.array(word).readonly(), literal: z.boolean() }).readonly(),
]);
export type ClientAction = z.infer<typeof clientAction>;
