/** What every document does first. */
import { render, type JSX } from 'preact';
import { guardChords } from '../../src/bridge/browser-chords.ts';
import { inTime } from '../../src/time/in-time.ts';
import { Bridge } from './bridge.ts';
import { followDisplay } from './display.ts';
import { messages } from './messages.ts';
import { Mark } from './parts.tsx';

/** Local files take milliseconds; a missing font must not keep anyone out. */
const FONT_WAIT_MS = 1500;

export async function loadFonts(): Promise<void> {
  const fonts = ['400 13px "Plex Mono"', '600 13px "Plex Mono"', 'italic 400 13px "Plex Mono"'].map((font) => document.fonts.load(font));
  await inTime(Promise.allSettled(fonts), FONT_WAIT_MS);
}

/** The way to the core; undefined where no host stands behind this page, which then says so. */
export function openBridge(): Bridge | undefined {
  guardChords(window);
  if (!window.wardmux) {
    render(<Unconnected />, document.body);
    return undefined;
  }
  const bridge = new Bridge();
  followDisplay(bridge);
  return bridge;
}

/** Draws a page that says what the core knows, once that and the fonts are there. @param draw is given no facts where the core gave none. */
export async function drawWithFacts<F>(bridge: Bridge, ask: () => Promise<F>, draw: (facts: F | undefined) => JSX.Element): Promise<void> {
  const asked = bridge
    .hello()
    .then(ask)
    .catch(() => undefined);
  const [facts] = await Promise.all([asked, loadFonts()]);
  render(draw(facts), document.body);
}

/** The page without its host: it says so instead of staying empty. */
const Unconnected = (): JSX.Element => <Plain title={messages.faces.lostTitle} sentence={messages.bridge.missing} />;

/** The page whose host is silent. */
export const Silent = (): JSX.Element => <Plain title={messages.bridge.silentTitle} sentence={messages.bridge.silent} />;

function Plain({ title, sentence }: { readonly title: string; readonly sentence: string }): JSX.Element {
  return (
    <main class="unconnected">
      <h1 class="x3">{title}</h1>
      <p class="measure">
        <Mark kind="stop" />
        {sentence}
      </p>
    </main>
  );
}
