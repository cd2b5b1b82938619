/**
 * The browser's profile: a fresh private folder per start, deleted at quit, and at the next start where a crash has left
 * it. In memory (XDG_RUNTIME_DIR) where the machine has such a place.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isPrivate, makeOwnedFolder, OWNED_SUFFIX_LENGTH, removeFolder, temporaryPrefixes } from './owned-folder.ts';
import { SentenceError } from '../types/sentence.ts';

const PREFIX = temporaryPrefixes.chromium;
/**
 * The browser puts a socket below the folder, and Linux takes 107 bytes for a socket's path. Chromium 150 starts with 60; with
 * 61 it aborts ("Socket path too long").
 */
export const MAX_FOLDER_LENGTH = 60;

/** Settings that have no command-line switch. They keep plaintext from leaving the window by the browser's own menus. */
const preferences = {
  // Nobody prints a screen full of patients from the window; a report is printed without it (print.ts).
  printing: { enabled: false },
  // 3 refuses every download, "Save page as" included.
  download_restrictions: 3,
  credentials_enable_service: false,
  profile: { password_manager_enabled: false, default_content_setting_values: { cookies: 2, popups: 2, notifications: 2, geolocation: 2, media_stream: 2 } },
  autofill: { profile_enabled: false, credit_card_enabled: false },
  // The window manager draws the frame, so that there is no menu of the browser's own in it.
  browser: { enable_spellchecking: false, custom_chrome_frame: false },
  spellcheck: { use_spelling_service: false, dictionaries: [] },
  translate: { enabled: false },
  search: { suggest_enabled: false },
  safebrowsing: { enabled: false },
  net: { network_prediction_options: 2 },
  // The browser's own pages open nowhere, so its developer tools have no window: refused where a policy would refuse them.
  // What the browser itself draws has the toolkit's colours, which we can give it (gtk.css below).
  extensions: { theme: { system_theme: 1 } },
  policy: { url_blocklist: ['devtools://*', 'chrome://*', 'chrome-untrusted://*', 'chrome-extension://*', 'view-source:*', 'file://*', 'ftp://*'] },
};

/**
 * The crash switches do not keep the browser's dump writer from starting, and the kill of a renderer is reason enough for it
 * to write: memory, in plaintext, on disk. A file where its folder should be leaves it with nowhere to write. The names are
 * those below XDG_CONFIG_HOME, which the host points at the profile.
 */
const dumpFolders = ['chromium', 'google-chrome', 'microsoft-edge'].map((name) => join(name, 'Crash Reports'));

/**
 * The toolkit's style sheets, below XDG_CONFIG_HOME too: what stands in the window until a page has drawn is the toolkit's ground and the browser's own, which it
 * takes from there.
 */
const styleSheets = ['gtk-3.0', 'gtk-4.0'].map((name) => join(name, 'gtk.css'));
const styleOf = (ground: string): string =>
  `window, .background, headerbar, .view, textview, textview text { background-color: ${ground}; background-image: none; }\n`;

const localState = { select_file_dialogs: { allowed: false }, user_experience_metrics: { reporting_enabled: false } };

export interface Profile {
  readonly folder: string;
  /** Temporary files of the browser, inside the folder. */
  readonly temp: string;
  remove(): void;
}

/** Where profiles go when nobody says otherwise. */
export function defaultRunFolder(env: NodeJS.ProcessEnv): string {
  const runtime = env['XDG_RUNTIME_DIR'];
  return runtime && isPrivate(runtime) && runtime.length + PREFIX.length + OWNED_SUFFIX_LENGTH <= MAX_FOLDER_LENGTH ? runtime : tmpdir();
}

/**
 * Makes a fresh profile of ours below `parent`.
 * @param ground what the window shows before there is a page, as CSS has it; the toolkit's own unless given
 */
export function createProfile(parent: string, ground?: string): Profile {
  if (join(parent, PREFIX).length + OWNED_SUFFIX_LENGTH > MAX_FOLDER_LENGTH)
    throw new SentenceError(`The folder for the browser's profile is too long: ${parent}. Set XDG_RUNTIME_DIR or TMPDIR to a shorter path.`);
  const folder = makeOwnedFolder(parent, PREFIX, process.pid);
  const temp = join(folder, 't');
  mkdirSync(temp, { mode: 0o700 });
  mkdirSync(join(folder, 'Default'), { mode: 0o700 });
  writeFileSync(join(folder, 'Default', 'Preferences'), JSON.stringify(preferences), { mode: 0o600 });
  if (ground !== undefined)
    for (const name of styleSheets) {
      mkdirSync(dirname(join(folder, name)), { recursive: true, mode: 0o700 });
      writeFileSync(join(folder, name), styleOf(ground), { mode: 0o600 });
    }
  for (const name of [...dumpFolders, 'Crash Reports', 'Crashpad']) {
    mkdirSync(dirname(join(folder, name)), { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, name), '', { mode: 0o400 });
  }
  writeFileSync(join(folder, 'Local State'), JSON.stringify(localState), { mode: 0o600 });
  return { folder, temp, remove: () => removeFolder(folder) };
}
