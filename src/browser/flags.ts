/** The browser's command line, whole, each switch with its reason. No switch makes it show that it is driven. */
import { statfsSync } from 'node:fs';
import { folderArgument } from './owned-folder.ts';

/** Below this much free shared memory the browser is told to keep its buffers in its private temporary folder instead. */
const MIN_SHARED_MEMORY_BYTES = 256 * 1024 * 1024;

export interface FlagOptions {
  readonly profileFolder: string;
  readonly headless: boolean;
  /** The person has chosen dark: what the browser itself draws, while a page is gone, is dark too. */
  readonly dark: boolean;
  /** Root cannot use the browser's sandbox. */
  readonly root: boolean;
  readonly width: number;
  readonly height: number;
  /** Where the window was last. */
  readonly place: { readonly left: number; readonly top: number; readonly width: number; readonly height: number; readonly maximized: boolean } | undefined;
}

/** What desktops know the window by (WM_CLASS). */
export const windowClass = 'Wardmux';

/** What a browser without a screen opens: nothing. On a screen it is opened at the page of ground.ts. */
const emptyAddress = 'data:,';

/** Parts of the browser that would talk to somebody, keep text, or keep a renderer alive that we have ended. */
const disabledFeatures = [
  // A cached page is a renderer that lives on with its text.
  'BackForwardCache',
  // Shows the last picture of the old page until the new one has painted.
  'PaintHolding',
  // Renderers that wait without a page make it hard to say which one holds text.
  'SpareRendererForSitePerProcess',
  // The same of the browser's own pages.
  'PreloadTopChromeWebUI',
  // Pages of the browser's own beside each window with a line for addresses.
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  // A profile that is deleted at its end needs no other end, which would hold up ours.
  'DestroyProfileOnBrowserClose',
  // These send what is on a page, or ask servers about it.
  'Translate',
  'AutofillServerCommunication',
  'SpellcheckServiceMultilingual',
  'LensOverlay',
  'AimEnabled',
  'PreconnectToSearch',
  'InterestFeedContentSuggestions',
  // These fetch lists, or the time, at the start.
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'CertificateTransparencyComponentUpdater',
  // Looks for screens in the network, and offers to show the window there.
  'MediaRouter',
  'GlobalMediaControls',
  // Offers to keep what is typed into a password field.
  'PasswordManagerOnboarding',
  // Our origin is https already; nothing else is loaded.
  'HttpsUpgrades',
];

/**
 * Has every thread of the browser's own process overwrite what it frees. Chromium does that by itself in its main thread alone (150,
 * SchedulerLoopQuarantine); but at each key it hands the last 45 characters, in one piece, to a thread that looks for reused passwords,
 * and what that one frees stays as it is until something else comes to lie there.
 */
const overwritten = { 'enable-quarantine': true, 'enable-zapping': true, 'leak-on-destruction': false, 'branch-capacity-in-bytes': 512 * 1024 };
const overwriteFreed = [
  'PartitionAllocWithAdvancedChecks:enabled-processes/browser-only',
  `PartitionAllocSchedulerLoopQuarantine:PartitionAllocSchedulerLoopQuarantineConfig/${encodeURIComponent(
    JSON.stringify({ browser: { '*': overwritten, main: overwritten, global: overwritten, amsc: overwritten } }),
  )}`,
];

function placeFlags({ width, height, place }: FlagOptions): string[] {
  if (!place) return [`--window-size=${width},${height}`];
  const { left, top, maximized } = place;
  return [`--window-size=${place.width},${place.height}`, `--window-position=${left},${top}`, ...(maximized ? ['--start-maximized'] : [])];
}

export function browserFlags(options: FlagOptions): string[] {
  return [
    // The DevTools protocol goes over two inherited pipes: no port, and nobody else can attach.
    '--remote-debugging-pipe',
    // Fresh at each start, private, deleted at the end (profile.ts); and by it the browser's processes are known.
    folderArgument(options.profileFolder),
    // Questions and pages that a fresh profile begins with.
    '--no-first-run',
    '--no-default-browser-check',
    '--disable-search-engine-choice-screen',
    // Nothing of the browser's starts at the person's next session.
    '--no-service-autorun',
    // What it would send or fetch by itself: lists, components, experiments, reports, signals of its use.
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-domain-reliability',
    '--disable-field-trial-config',
    '--disable-client-side-phishing-detection',
    '--disable-pings',
    '--metrics-recording-only',
    // No account, so that nothing is copied to one.
    '--disable-sync',
    // A dump of a crashed renderer would be plaintext on disk.
    '--disable-breakpad',
    '--disable-crash-reporter',
    // Code of others beside our page: extensions of the machine, those that come with the browser, apps of the shop.
    '--disable-extensions',
    '--disable-component-extensions-with-background-pages',
    '--disable-default-apps',
    // As the feature above, for browsers that know only one of the two.
    '--disable-back-forward-cache',
    // Nobody prints a screen full of patients from the window; a report is printed without it (print.ts).
    '--disable-print-preview',
    // Takes the browser's own chords (task manager, new windows, find bar, full screen, view-source) from the window, also
    // while no page stands that could swallow them. What it leaves is in profile.ts and targets.ts.
    '--force-app-mode',
    // Two fingers would zoom the picture, and the line would be outside of it.
    '--disable-pinch',
    // The profile's secrets are worth nothing, so no keyring is asked.
    '--password-store=basic',
    // Nothing of a page on disk.
    '--disk-cache-size=1',
    '--media-cache-size=1',
    // A locked machine's window must react at once, also behind others.
    '--disable-renderer-backgrounding',
    '--disable-background-timer-throttling',
    '--disable-backgrounding-occluded-windows',
    // A page that does not answer is ended by us, and by nobody's click on a question.
    '--disable-hang-monitor',
    `--disable-features=${disabledFeatures.join(',')}`,
    `--enable-features=${overwriteFreed.join(',')}`,
    // Second wall behind the interception: whatever is not intercepted goes to a port where nobody answers (discard).
    '--proxy-server=http://127.0.0.1:9',
    '--proxy-bypass-list=<-loopback>',
    '--dns-prefetch-disable',
    '--webrtc-ip-handling-policy=disable_non_proxied_udp',
    `--class=${windowClass}`,
    ...(options.dark ? ['--force-dark-mode'] : []),
    ...placeFlags(options),
    ...(sharedMemoryBytes() < MIN_SHARED_MEMORY_BYTES ? ['--disable-dev-shm-usage'] : []),
    // --test-type hides the bar that warns of --no-sandbox; `description` says it in words instead.
    ...(options.root ? ['--no-sandbox', '--test-type'] : []),
    // The tests have no window, and take no sound and no width for bars.
    ...(options.headless ? ['--headless', '--hide-scrollbars', '--mute-audio'] : []),
    // On a screen the window is opened once the browser can be spoken with, so that nothing of it is ever drawn that is not ours (hand-over.ts).
    options.headless ? appArgument(emptyAddress) : '--no-startup-window',
  ];
}

/** Opens a window without tabs and without a line for addresses. */
export const appArgument = (address: string): string => `--app=${address}`;

function sharedMemoryBytes(): number {
  try {
    const facts = statfsSync('/dev/shm');
    return facts.bavail * facts.bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** What the browser may know of our environment: the display, the language, the fonts. No token of the person's shell. */
const passedOn = [
  'PATH',
  'HOME',
  'LANG',
  'LANGUAGE',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'XAUTHORITY',
  'XDG_RUNTIME_DIR',
  'XDG_SESSION_TYPE',
  'XDG_CURRENT_DESKTOP',
  'XDG_DATA_DIRS',
  'DBUS_SESSION_BUS_ADDRESS',
  'GTK_IM_MODULE',
  'QT_IM_MODULE',
  'XMODIFIERS',
];

export function browserEnvironment(
  env: NodeJS.ProcessEnv,
  { profileFolder, temp, theme }: { readonly profileFolder: string; readonly temp: string; readonly theme: 'system' | 'dark' | 'light' },
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name of passedOn) if (env[name] !== undefined) result[name] = env[name];
  // The window before anything has drawn into it is the toolkit's (profile.ts has its colour), and its letters have to be seen on that.
  if (theme !== 'system') result['GTK_THEME'] = theme === 'dark' ? 'Adwaita:dark' : 'Adwaita';
  return { ...result, TMPDIR: temp, XDG_CONFIG_HOME: profileFolder, XDG_CACHE_HOME: profileFolder };
}
