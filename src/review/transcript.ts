/**
 * A recording as text: lines as they scrolled off and screens as they ended, and the command lines among them. Pure.
 *
 * Where the shell marks its prompts (OSC 133) its marks are taken: any program can print them too, so a command is the shell's own word only where its
 * marks have the nonce that the first prompt of the recording had. Else a line counts as a command that looks like a prompt with something
 * behind it and waited before its line feed. Both are advice: what ran is not proven by what a screen showed.
 */
import { eventSize } from '../recording/tail.ts';
import type { RecordingEvent } from '../recording/types.ts';
import { Shown, type LeftText, type ShownMark } from './shown.ts';

export interface CommandLine {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** Microseconds since the recording's start. */
  readonly beganUs: number;
  /** Undefined: its end was not seen. */
  readonly endedUs: number | undefined;
  /** Undefined: not seen, which is not 0. */
  readonly exit: number | undefined;
  /** `shell`: its marks have the shell's nonce. `marks`: marks without one. `prompt`: it looks like a prompt. */
  readonly by: 'shell' | 'marks' | 'prompt';
}

/** So many commands of a recording are kept: a program can print as many marks as it likes. */
const MOST_COMMANDS = 20_000;
const COMMAND_CHARS = 2048;

/** `user@host:~$ command`, `[user@host dir]# command`, `~ % command`, `> command`: what stands before the sign is short. */
const prompt = /^((?:\[[^\]]{1,80}\]|\([^)]{1,40}\)|[^\s$#%>❯]{1,80}|[^\s$#%>❯]{1,80} [^\s$#%>❯]{1,60})?\s?[$#%>❯]) (\S.*)$/u;
/** A prompt that waits. */
const waiting = /^((?:\[[^\]]{1,80}\]|\([^)]{1,40}\)|[^\s$#%>❯]{1,80}|[^\s$#%>❯]{1,80} [^\s$#%>❯]{1,60})?\s?[$#%>❯])\s*$/u;

/** The command behind a prompt in a line; undefined where it is none. */
export const commandIn = (line: string): string | undefined => prompt.exec(line)?.[2]?.slice(0, COMMAND_CHARS);

/** Gathers command lines from marks, and from lines that look like prompts until the first mark comes. */
export class Commands {
  readonly #list: { number: number; text: string; beganUs: number; endedUs: number | undefined; exit: number | undefined; by: CommandLine['by'] }[] = [];
  #marked = false;
  #nonce: string | undefined;
  #trusted = true;
  #prompted = false;

  get list(): readonly CommandLine[] {
    return this.#list;
  }

  readonly mark = (mark: ShownMark): void => {
    const last = this.#list.at(-1);
    const open = last !== undefined && last.endedUs === undefined ? last : undefined;
    if (mark.kind === 'entered') {
      if (this.#marked) return;
      const text = commandIn(mark.text);
      if (text === undefined) return;
      // The prompt came back when this line was begun: whatever ran before had ended.
      if (open) open.endedUs = mark.sinceUs;
      this.#add(text, mark.timeUs, 'prompt');
      return;
    }
    if (!this.#marked) {
      this.#marked = true;
      this.#nonce = mark.nonce;
    }
    if (mark.nonce === undefined || mark.nonce !== this.#nonce) this.#trusted = false;
    if (mark.kind === 'prompt') {
      this.#trusted = mark.nonce !== undefined && mark.nonce === this.#nonce;
      this.#prompted = true;
      if (open) open.endedUs = mark.timeUs;
    } else if (mark.kind === 'output' && this.#prompted) {
      this.#prompted = false;
      if (mark.text !== '') this.#add(mark.text.slice(0, COMMAND_CHARS), mark.timeUs, this.#trusted ? 'shell' : 'marks');
    } else if (mark.kind === 'done' && open) {
      open.endedUs = mark.timeUs;
      open.exit = mark.exit;
      if (!this.#trusted && open.by === 'shell') open.by = 'marks';
    }
  };

  /** A line on its way: a prompt that waits ends a command that only looked like one. */
  readonly waits = (text: string, timeUs: number): void => {
    const last = this.#list.at(-1);
    if (!this.#marked && last?.endedUs === undefined && last && timeUs > last.beganUs && waiting.test(text)) last.endedUs = timeUs;
  };

  #add(text: string, beganUs: number, by: CommandLine['by']): void {
    if (this.#list.length < MOST_COMMANDS) this.#list.push({ number: this.#list.length + 1, text, beganUs, endedUs: undefined, exit: undefined, by });
  }
}

export interface Transcribed {
  readonly commands: readonly CommandLine[];
}

/**
 * Reads a recording as text.
 * @param line takes each line when it is known, in the order in which they left the screen; a gap is a line of its own.
 */
export async function transcribe(
  batches: AsyncIterable<{ readonly events: readonly RecordingEvent[] }>,
  line: (left: LeftText | { readonly gap: string; readonly timeUs: number }) => void,
): Promise<Transcribed> {
  const commands = new Commands();
  const shown = await Shown.of(
    { cols: 80, rows: 24 },
    { left: line, mark: commands.mark, run: () => undefined, text: ({ text, timeUs, alternate }) => void (alternate || commands.waits(text, timeUs)) },
  );
  try {
    for await (const { events } of batches)
      for (const { code, timeUs, data } of events) {
        if (code === 'o') shown.output(data, timeUs);
        else if (code === 's' || code === 'r') {
          const size = eventSize(code, data);
          if (size) shown.resize(size.cols, size.rows, timeUs);
        } else if (code === 'g') line({ gap: 'Output is missing here, as the recording itself says.', timeUs });
      }
    shown.end();
    return { commands: commands.list };
  } finally {
    shown.dispose();
  }
}
