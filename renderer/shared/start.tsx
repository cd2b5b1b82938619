/** What every document does first. */
import type { JSX } from 'preact';
import { inTime } from '../../src/time/in-time.ts';
import { messages } from './messages.ts';
import { Mark } from './parts.tsx';

/** Local files take milliseconds; a missing font must not keep anyone out. */
const FONT_WAIT_MS = 1500;

export async function loadFonts(): Promise<void> {
  const fonts = ['400 13px "Plex Mono"', '600 13px "Plex Mono"', 'italic 400 13px "Plex Mono"'].map((font) => document.fonts.load(font));
  await inTime(Promise.allSettled(fonts), FONT_WAIT_MS);
}

/** The page without its host: it says so instead of staying empty. */
export const Unconnected = (): JSX.Element => <Plain title={messages.faces.lostTitle} sentence={messages.bridge.missing} />;

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
