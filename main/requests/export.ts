/** A recording as evidence: the page asks for its export and its verification (main/evidence.ts). */
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { Refusal } from '../../src/types/refusal.ts';
import type { HandlersOf, RequestParts } from './parts.ts';

export function exportRequests({ evidence, env, showFolder }: RequestParts): HandlersOf<'export' | 'verify'> {
  /** What was exported since the start, and whether it is a folder: no page has us read, or show, anything else. */
  const made = new Map<string, boolean>();
  const ours = (path: string): boolean => {
    const isFolder = made.get(path);
    if (isFolder === undefined)
      throw new Refusal('not-ours', 'This window has not exported that. Verify a folder with: wardmux verify FOLDER --trust trust.json');
    return isFolder;
  };
  const home = (): string => env['HOME'] || homedir();
  return {
    'export.plan': (asked) => evidence.plan(asked),
    'export.planOther': async ({ keyFile, ...asked }) => evidence.planOther({ ...asked, keyFile: fullPath(keyFile, home(), 'audit key') }),
    'export.start': async ({ path, keyFile, ...asked }) => {
      const key = keyFile === undefined ? {} : { keyFile: fullPath(keyFile, home(), 'key') };
      const written = await evidence.make({ ...asked, ...key }, fullPath(path, home(), 'export'));
      made.set(written.path, asked.form === 'evidence');
      return written;
    },
    'export.verify': async ({ folder }) => {
      if (!ours(folder)) throw new Refusal('no-bundle', 'A folder of evidence is verified here. Of a sealed one whoever has the key verifies it.');
      return evidence.verifyExport(folder);
    },
    'export.show': async ({ folder }) => {
      const isFolder = ours(folder);
      if (!(await showFolder(isFolder ? folder : dirname(folder))))
        throw new Refusal('no-file-manager', 'No file manager could be started here. The path is above; it can be copied.');
      return {};
    },
    'verify.pane': async ({ pane }) => evidence.verifyPane(pane),
  };
}

const examples = { export: '/media/stick/bundle', key: '/media/stick/auditor.jwk', 'audit key': '/media/stick/wardmux-audit-key.json' } as const;

/**
 * Where an export goes, or a key lies, as a person has typed it in the window. A path that begins nowhere would begin where the app was
 * started, which nobody in a window knows: patient data is never written there.
 * @returns an absolute path without `.` and `..`. @throws Refusal
 */
export function fullPath(typed: string, home: string, what: keyof typeof examples): string {
  const given = typed.trim();
  const full = given.startsWith('~/') ? join(home, given.slice(2)) : given;
  if (!isAbsolute(full) || full.includes('\0'))
    throw new Refusal(
      'not-a-full-path',
      `Give the full path of the ${what}, from the first /, or from ~/ for your home folder: ${examples[what]}, say. Nothing was exported.`,
    );
  return resolve(full);
}
