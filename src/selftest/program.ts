/** Whether the files that run are those that somebody has signed for. */
import type { Look } from '../services/integrity/check.ts';
import { fails, holds, notShown, type Finding } from './finding.ts';

/** Of more than these it is said how many there are. */
const NAMED = 5;

/** What a look came to, as a row of the self-test: it holds, it does not, or nobody can tell. */
export function programFinding({ baseline, program, differences }: Look): Finding {
  if (differences.length > 0) {
    const more = differences.length > NAMED ? `, and ${differences.length - NAMED} more` : '';
    const named = differences.slice(0, NAMED).map(({ how, path }) => `${path} (${how})`);
    return fails(`Not as they were signed for: ${named.join('; ')}${more}. All of them: wardmux integrity check`);
  }
  if (typeof program === 'string') return notShown(program);
  if (!baseline) return notShown('Nobody has signed which files the program has. Do it: wardmux integrity accept --note "Why"');
  const { files, version, checkout } = program;
  return holds(
    `${files.length} files of version ${version} are as ${baseline.by}${baseline.second === null ? '' : ` and ${baseline.second}`} signed for at ${baseline.time}${checkout ? '; they are a clone of the sources, which is built anew' : ''}.`,
  );
}
