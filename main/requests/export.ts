/** A pane's recording as evidence: the page asks for its export and its verification (main/evidence.ts). */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { Refusal } from '../../src/types/refusal.ts';
import type { HandlersOf, RequestParts } from './parts.ts';

export function exportRequests({ evidence, env, showFolder }: RequestParts): HandlersOf<'export' | 'verify'> {
  /** What was exported since the start: no page has us read, or show, any other folder. */
  const bundles = new Set<string>();
  const ours = (folder: string): string => {
    if (!bundles.has(folder))
      throw new Refusal('not-ours', 'This window has not exported that folder. Verify it with: wardmux verify FOLDER --trust trust.json');
    return folder;
  };
  return {
    'export.start': async ({ pane, folder }) => {
      const written = await evidence.exportPane(pane, bundleTarget(folder, env['HOME'] || homedir()));
      bundles.add(written.folder);
      return written;
    },
    'export.verify': async ({ folder }) => evidence.verifyExport(ours(folder)),
    'export.show': async ({ folder }) => {
      if (!(await showFolder(ours(folder))))
        throw new Refusal('no-file-manager', 'No file manager could be started here. The path is above; it can be copied.');
      return {};
    },
    'verify.pane': async ({ pane }) => evidence.verifyPane(pane),
  };
}

/**
 * Where a bundle goes, as a person has typed it in the window. A path that begins nowhere would begin where the app was
 * started, which nobody in a window knows: patient data is never written there.
 * @returns an absolute path without `.` and `..`. @throws Refusal
 */
export function bundleTarget(typed: string, home: string): string {
  const given = typed.trim();
  const full = given.startsWith('~/') ? join(home, given.slice(2)) : given;
  if (!isAbsolute(full) || full.includes('\0'))
    throw new Refusal(
      'not-a-full-path',
      'Give the full path of the folder, from the first /, or from ~/ for your home folder: /media/stick/bundle, say. Nothing was exported.',
    );
  return resolve(full);
}
