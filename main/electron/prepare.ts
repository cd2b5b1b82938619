/** What must be said to Electron before it is ready. */
import { app } from 'electron';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withholdCoreDumps } from '../machine/core-dumps.ts';
import { makeOwnedFolder, sweepTemporaryFolders, temporaryPrefixes } from '../../src/browser/owned-folder.ts';
import { setNoMenu } from './menu.ts';

/** Parts of Chromium that would talk to somebody or keep text. */
const switches: readonly (readonly [string, string?])[] = [
  ['disable-background-networking'],
  ['disable-component-update'],
  ['disable-domain-reliability'],
  ['disable-sync'],
  ['disable-breakpad'],
  ['disable-crash-reporter'],
  ['disk-cache-size', '1'],
  ['media-cache-size', '1'],
  ['no-pings'],
  // A cached page is a renderer that lives on with its text; a held picture is text on the screen after the lock.
  ['disable-back-forward-cache'],
  [
    'disable-features',
    'BackForwardCache,PaintHolding,SpareRendererForSitePerProcess,OptimizationHints,NetworkTimeServiceQuerying,MediaRouter,AutofillServerCommunication',
  ],
  ['disable-renderer-backgrounding'],
  ['webrtc-ip-handling-policy', 'disable_non_proxied_udp'],
  // Second wall behind the protocol handlers: whatever they do not see goes to a port where nobody answers (discard).
  ['proxy-server', 'http://127.0.0.1:9'],
  ['proxy-bypass-list', '<-loopback>'],
];

/**
 * Sandbox, switches and folders. Call first thing, before `app` is ready. The crash reporter is never started: a dump of a
 * renderer would be plaintext on disk; its folder is a temporary one all the same, so that nothing can gather. Temporary files
 * of runs that were killed are removed.
 * @returns folder of temporary files, to be removed at the end
 */
export function prepareElectron(options: { readonly home: string }): string {
  withholdCoreDumps();
  app.enableSandbox();
  setNoMenu();
  for (const [name, value] of switches) {
    if (value === undefined) app.commandLine.appendSwitch(name);
    else app.commandLine.appendSwitch(name, value);
  }
  sweepTemporaryFolders(process.env);
  const temporary = makeOwnedFolder(tmpdir(), temporaryPrefixes.electron);
  const own = join(options.home, 'run', 'electron');
  mkdirSync(own, { recursive: true, mode: 0o700 });
  // The lock against a second start lies in userData, so that folder stays; what a page could leave lies in sessionData.
  app.setPath('userData', own);
  app.setPath('sessionData', temporary);
  app.setPath('crashDumps', join(temporary, 'crashes'));
  app.setName('Wardmux');
  return temporary;
}
