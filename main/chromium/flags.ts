/**
 * The browser's command line, whole: the driving library's own defaults are not taken, because they are made for tests.
 */
import { statfsSync } from 'node:fs';
import type { WindowPlace } from '../host.ts';

/** Below this much free shared memory the browser is told to keep its buffers in its private temporary folder instead. */
const MIN_SHARED_MEMORY_BYTES = 256 * 1024 * 1024;

export interface FlagOptions {
  readonly profileFolder: string;
  readonly headless: boolean;
  /** Root cannot use the browser's sandbox. */
  readonly root: boolean;
  readonly width: number;
  readonly height: number;
  /** Where the window was last. */
  readonly place: WindowPlace | undefined;
}

/** What desktops know the window by (WM_CLASS). */
export const windowClass = 'Wardmux';

/** Shown for the moment before the first page: the colour of the app, no text. */
const startPage = 'data:text/html,<title>Wardmux</title><style>html{background:Canvas;color-scheme:light%20dark}</style>';

/** Parts of the browser that would talk to somebody, keep text, or keep a renderer alive that we have ended. */
const disabledFeatures = [
  // A cached page is a renderer that lives on with its text.
  'BackForwardCache',
  // Shows the last picture of the old page until the new one has painted.
  'PaintHolding',
  // Renderers that wait without a page make it hard to say which one holds text.
  'SpareRendererForSitePerProcess',
  'PreloadTopChromeWebUI',
  'Translate',
  'MediaRouter',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'InterestFeedContentSuggestions',
  'CertificateTransparencyComponentUpdater',
  'AutofillServerCommunication',
  'PasswordManagerOnboarding',
  'SpellcheckServiceMultilingual',
  'LensOverlay',
  'GlobalMediaControls',
  'HttpsUpgrades',
  'DestroyProfileOnBrowserClose',
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
    `--user-data-dir=${options.profileFolder}`,
    '--no-first-run',
    '--no-default-browser-check',
    '--no-service-autorun',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-default-apps',
    '--disable-domain-reliability',
    '--disable-field-trial-config',
    '--disable-client-side-phishing-detection',
    '--disable-search-engine-choice-screen',
    '--disable-sync',
    '--disable-pings',
    '--metrics-recording-only',
    // A dump of a crashed renderer would be plaintext on disk.
    '--disable-breakpad',
    '--disable-crash-reporter',
    '--disable-extensions',
    '--disable-component-extensions-with-background-pages',
    '--disable-back-forward-cache',
    '--disable-print-preview',
    // Takes the browser's own chords (task manager, new windows, find bar, full screen, view-source) from the window, also
    // while no page stands that could swallow them. What it leaves is in profile.ts and targets.ts.
    '--force-app-mode',
    '--disable-pinch',
    // The profile's secrets are worth nothing, so no keyring is asked.
    '--password-store=basic',
    '--disk-cache-size=1',
    '--media-cache-size=1',
    // A locked machine's window must react at once, also behind others.
    '--disable-renderer-backgrounding',
    '--disable-background-timer-throttling',
    '--disable-backgrounding-occluded-windows',
    '--disable-hang-monitor',
    `--disable-features=${disabledFeatures.join(',')}`,
    // Second wall behind the interception: whatever is not intercepted goes to a port where nobody answers (discard).
    '--proxy-server=http://127.0.0.1:9',
    '--proxy-bypass-list=<-loopback>',
    '--dns-prefetch-disable',
    '--webrtc-ip-handling-policy=disable_non_proxied_udp',
    `--class=${windowClass}`,
    `--name=${windowClass}`,
    ...placeFlags(options),
    ...(sharedMemoryBytes() < MIN_SHARED_MEMORY_BYTES ? ['--disable-dev-shm-usage'] : []),
    // --test-type hides the bar that warns of --no-sandbox; `description` says it in words instead.
    ...(options.root ? ['--no-sandbox', '--test-type'] : []),
    ...(options.headless ? ['--headless', '--hide-scrollbars', '--mute-audio', startPage] : [`--app=${startPage}`]),
  ];
}

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

export function browserEnvironment(env: NodeJS.ProcessEnv, profileFolder: string, temp: string): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name of passedOn) if (env[name] !== undefined) result[name] = env[name];
  return { ...result, TMPDIR: temp, XDG_CONFIG_HOME: profileFolder, XDG_CACHE_HOME: profileFolder };
}
