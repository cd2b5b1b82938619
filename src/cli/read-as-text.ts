/** A recording as text, for `wardmux play`: what it showed, or its command lines. */
import { openRecording } from '../recording/reader.ts';
import type { SegmentOpener } from '../recording/types.ts';
import { transcribe, type CommandLine } from '../review/transcript.ts';
import { exit } from './exit.ts';
import { columns, printable, type CliIo } from './io.ts';
import { lengthText } from '../types/length.ts';

const sources: Readonly<Record<CommandLine['by'], string>> = { shell: 'shell', marks: 'marks, which any program can print', prompt: 'prompt' };

/** @returns the exit status */
export async function readAsText(
  folder: string,
  id: string,
  opener: SegmentOpener,
  options: { readonly commands?: boolean; readonly live: boolean },
  io: CliIo,
): Promise<number> {
  const reader = await openRecording(folder, { live: options.live });
  let lines: string[] = [];
  const batches = async function* () {
    for await (const batch of reader.contents(opener)) {
      yield batch;
      // Told a record later: what it has made of it is known then.
      if (lines.length === 0) continue;
      const text = lines.join('');
      lines = [];
      await io.out(text);
    }
  };
  const { commands } = await transcribe(batches(), (line) => {
    if (!options.commands) lines.push('gap' in line ? `[${line.gap}]\n` : `${printable(line.text)}\n`);
  });
  if (lines.length > 0) await io.out(lines.join(''));
  if (options.commands) {
    const rows = commands.map(({ text, beganUs, endedUs, exit: status, by }) => [
      lengthText(beganUs / 1000),
      endedUs === undefined ? 'not seen' : lengthText((endedUs - beganUs) / 1000),
      status === undefined ? 'not seen' : String(status),
      sources[by],
      text,
    ]);
    if (rows.length > 0) await io.out(columns([['AT', 'LENGTH', 'EXIT', 'BY', 'COMMAND'], ...rows]));
    io.talk(`${commands.length === 1 ? '1 command' : `${commands.length} commands`}, as the screen showed them: advice, and no proof of what ran.`);
  }
  if (!reader.fault) return exit.done;
  io.talk(`Recording ${id} is damaged after record ${reader.fault.seq}: ${reader.fault.message} What came before it was read.`);
  return exit.damaged;
}
