/** A form beside what is listed, with a note or without: the note goes sealed to the vault, what it is for is asked of main, and then the list is looked at anew. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Bridge } from '../../shared/bridge.ts';
import { textBytes } from '../../shared/bytes.ts';
import { messages } from '../../shared/messages.ts';
import { useDeeds, type Deeds } from '../bands/deeds.tsx';

/** A form beside what is listed, open for one of it. */
export interface DeedForm<Listed, Of> {
  readonly deeds: Deeds<Listed>;
  /** What the form is open for. */
  readonly of: Of | undefined;
  readonly begin: (of: Of) => void;
  /** Closes the form and looks anew. @param deed what it was open for. @returns what is said of it, by `deeds` */
  readonly run: (deed: () => Promise<string>) => void;
  /** Leaves the form. */
  readonly back: () => void;
  /** Looks anew. */
  readonly again: () => void;
}

export function useDeedForm<Listed, Of>(look: () => Promise<Listed>): DeedForm<Listed, Of> {
  const deeds = useDeeds<Listed>(look, '');
  const [of, setOf] = useState<Of | undefined>(undefined);
  return {
    deeds,
    of,
    begin: (next) => {
      deeds.clear();
      setOf(() => next);
    },
    run: (deed) =>
      void deeds.run(messages.alerts.busy, async () => {
        const said = await deed();
        setOf(undefined);
        await deeds.look();
        return said;
      }),
    back: () => {
      if (deeds.busy) return;
      deeds.clear();
      setOf(undefined);
    },
    again: () => {
      deeds.clear();
      void deeds.look();
    },
  };
}

/** The same, with a note. */
export interface NoteForm<Listed, Of> extends Omit<DeedForm<Listed, Of>, 'run'> {
  /** @param deed what the note is for. @returns what is said of it, by `deeds` */
  readonly send: (note: string, deed: () => Promise<string>) => void;
}

export function useNoteForm<Listed, Of>(bridge: Bridge, look: () => Promise<Listed>): NoteForm<Listed, Of> {
  const { run, ...form } = useDeedForm<Listed, Of>(look);
  return {
    ...form,
    send: (note, deed) =>
      run(async () => {
        await bridge.sendFrame('vault', { type: 'words', bytes: textBytes(note) });
        return deed();
      }),
  };
}

/** The focus goes to the form's first field, all of the form is where it can be seen, and the focus goes back when it is left. @param field its selector */
export function useFormFocus(of: unknown, field: string, home: () => HTMLElement | null | undefined): void {
  const was = useRef(false);
  useLayoutEffect(() => {
    if (of !== undefined) {
      const first = document.querySelector<HTMLElement>(field);
      first?.focus();
      // A browser brings the field alone, and what is signed may lie below the edge.
      first?.closest('form')?.scrollIntoView({ block: 'nearest' });
    } else if (was.current) home()?.focus();
    was.current = of !== undefined;
  }, [of]);
}
