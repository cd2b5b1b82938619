/**
 * Keeps how a person's windows were arranged and called, over an end of the app. Names can hold a patient's, so what lies on
 * the disk is sealed by the open identity (src/people/own.ts): it is written and read only while that person is in, and only they can have made it.
 */
import { rmSync } from 'node:fs';
import { z } from 'zod';
import { CLASS_NAME } from '../../src/types/classes.ts';
import { readJson } from '../../src/disk/json.ts';
import { StorageFault } from '../../src/disk/fault.ts';
import { writeAtomic } from '../../src/disk/atomic.ts';
import { presetNames } from '../../src/mux/layout-presets.ts';
import { MOST_FILES, MOST_KEPT } from '../../src/mux/conf/take.ts';
import type { Cell } from '../../src/mux/layout.ts';
import type { Kept } from '../../src/mux/state/kept.ts';
import { workspacePath, type Home } from '../../src/storage/index.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { sentenceOf } from '../../src/types/sentence.ts';
import type { VaultClient } from '../processes/vault-client.ts';

/** Nobody can use more; each pane is a shell that a start starts. */
const most = { sessions: 20, windows: 100, panes: 200 } as const;

const size = { cols: z.int().min(1).max(10_000), rows: z.int().min(1).max(10_000) };
const cell: z.ZodType<Cell> = z.lazy(() =>
  z.union([
    z.strictObject({ pane: z.int().min(0).max(most.panes), ...size }),
    z.strictObject({ split: z.enum(['left-right', 'top-bottom']), ...size, cells: z.array(cell).min(2).max(most.panes) }),
  ]),
);
const keptSession = z
  .strictObject({
    name: z.string().min(1).max(60),
    class: z.string().regex(CLASS_NAME),
    active: z.int().min(0),
    history: z.array(z.int().min(0)).max(most.windows),
    windows: z
      .array(
        z.strictObject({
          index: z.int().min(0),
          name: z.string().min(1).max(60).nullable(),
          root: cell,
          active: z.int().min(0),
          zoomed: z.boolean(),
          preset: z.enum(presetNames).nullable(),
        }),
      )
      .min(1)
      .max(most.windows),
  })
  // Panes are numbered as they lie, and there are not more shells than somebody could have opened.
  .refine(({ windows }) => windows.every(({ root, active }) => active < panesIn(root).length && panesIn(root).every((pane, i) => pane === i)));
const keptSchema: z.ZodType<Kept> = z
  .strictObject({
    sessions: z.array(keptSession).max(most.sessions),
    attached: z.int().min(0),
    configuration: z
      .array(z.strictObject({ path: z.string().min(1).max(4096), text: z.string().max(MOST_KEPT) }))
      .min(1)
      .max(MOST_FILES)
      .optional(),
  })
  // Without a window there is a file that was taken, or nothing to keep.
  .refine(({ sessions, attached, configuration }) => (sessions.length > 0 ? attached < sessions.length : configuration !== undefined && attached === 0))
  .refine(({ sessions }) => sessions.flatMap(({ windows }) => windows).reduce((sum, { root }) => sum + panesIn(root).length, 0) <= most.panes);

const panesIn = (root: Cell): number[] => ('pane' in root ? [root.pane] : root.cells.flatMap(panesIn));

/** @throws NotOurs */
function keptOf(text: string): Kept {
  try {
    return keptSchema.parse(JSON.parse(text));
  } catch {
    throw new NotOurs();
  }
}

/** A file of something small of a person's, sealed by them. */
export const sealedFile = <F extends string>(format: F) =>
  z.strictObject({ format: z.literal(format), version: z.literal(1), iv: z.string(), ciphertext: z.string() });

/** What the vault answers where the box is none, or its key does not open it. Whatever else it says is of the vault, and not of the file. */
const notAsSealed: readonly string[] = ['not-for-this-key', 'bad-input'];
/** Written whole or not at all (writeAtomic): what is not of its form is not what we wrote. */
export const isTampered = (error: unknown): boolean =>
  (error instanceof StorageFault && error.code === 'corrupt') || (error instanceof Refusal && notAsSealed.includes(error.code));

/** It was sealed by its person, and is not what this version keeps. */
class NotOurs extends Error {}

export interface WorkspaceMemoryParts {
  readonly home: Home;
  /** Who is in, and the process that holds their keys; undefined while nobody is. */
  readonly open: () => { readonly person: string; readonly vault: Pick<VaultClient, 'ask'> } | undefined;
  /** It is proven that somebody's file is not as they sealed it. */
  readonly tampered: (person: string) => void;
  /** `warn` stays until it is read. */
  readonly say: (kind: 'note' | 'warn', sentence: string) => void;
}

export class WorkspaceMemory {
  readonly #parts: WorkspaceMemoryParts;
  /** What was kept last, of whom: a program that starts or ends in a pane changes nothing here. */
  #last: { readonly person: string; readonly text: string } | undefined;
  #work: Promise<void> = Promise.resolve();
  /** Whose file could not be read: it may be good, and so nothing is written over it until it has been. */
  readonly #unread = new Set<string>();

  constructor(parts: WorkspaceMemoryParts) {
    this.#parts = parts;
  }

  /** The state is this now. What changes while nobody is in is kept with the first change, or the first view, after they are in again. */
  changed(kept: Kept | undefined): void {
    const open = this.#parts.open();
    const text = kept === undefined ? '' : JSON.stringify(kept);
    if (!open || this.#unread.has(open.person) || (open.person === this.#last?.person && text === this.#last.text)) return;
    const wanted = (this.#last = { person: open.person, text });
    // Names and places are a convenience: where the disk is full the recording says so.
    this.#work = this.#work.then(() => this.#keep(wanted)).catch(() => void (this.#last = undefined));
  }

  async #keep(wanted: { readonly person: string; readonly text: string }): Promise<void> {
    const open = this.#parts.open();
    // Locked meanwhile, or there is something newer.
    if (open?.person !== wanted.person || wanted !== this.#last) return;
    const path = workspacePath(this.#parts.home, open.person);
    if (wanted.text === '') return rmSync(path, { force: true });
    const { sealed } = await open.vault.ask('keepWorkspace', { text: wanted.text });
    writeAtomic(path, `${JSON.stringify({ format: 'wardmux-workspace', version: 1, ...sealed })}\n`);
  }

  /** Somebody is logged off: how their windows were called is on the disk, sealed, and nowhere else. */
  forget(person: string): void {
    if (this.#last?.person === person) this.#last = undefined;
  }

  /** What was kept of whoever is in. Where nothing was, or nothing can be used, undefined; the second is said. */
  async recall(): Promise<Kept | undefined> {
    const open = this.#parts.open();
    if (!open) return undefined;
    try {
      const file = readJson(sealedFile('wardmux-workspace'), workspacePath(this.#parts.home, open.person), '');
      if (!file) {
        this.#unread.delete(open.person);
        return undefined;
      }
      const { text } = await open.vault.ask('recallWorkspace', { sealed: { iv: file.iv, ciphertext: file.ciphertext } });
      const kept = keptOf(text);
      this.#unread.delete(open.person);
      this.#last = { person: open.person, text };
      const windows = kept.sessions.flatMap((session) => session.windows);
      if (windows.length > 1 || windows.some(({ root }) => 'split' in root))
        this.#parts.say(
          'note',
          'Your windows are as you left them, with new shells. What ran in them ended with the app; their recordings are sealed: wardmux list shows them.',
        );
      return kept;
    } catch (error) {
      this.#notUsed(open.person, error);
      return undefined;
    }
  }

  #notUsed(person: string, error: unknown): void {
    if (error instanceof NotOurs)
      return this.#parts.say(
        'warn',
        'How your windows were arranged was sealed by you in a form that this version does not know. It is not used: you begin with one window.',
      );
    if (isTampered(error)) {
      this.#parts.tampered(person);
      return this.#parts.say(
        'warn',
        'How your windows were arranged was kept in a file that you did not seal, or that was changed. It is not used: you begin with one window. It is entered in the ledger.',
      );
    }
    this.#unread.add(person);
    this.#parts.say(
      'warn',
      `How your windows were arranged could not be read: ${sentenceOf(error)} You begin with one window. The file is left as it is, and what you arrange now is not kept until Wardmux starts anew.`,
    );
  }
}
