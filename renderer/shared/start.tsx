/** What every document does first. */
import type { JSX } from 'preact';
import { messages } from './messages.ts';
import { Mark } from './parts.tsx';

/** Local files take milliseconds; a missing font must not keep anyone out. */
const FONT_WAIT_MS = 1500;

export async function loadFonts(): Promise<void> {
  const fonts = ['400 13px "Plex Mono"', '600 13px "Plex Mono"', 'italic 400 13px "Plex Mono"'].map((font) => document.fonts.load(font));
  await Promise.race([Promise.allSettled(fonts), new Promise((resolve) => setTimeout(resolve, FONT_WAIT_MS))]);
}

/** The page without its host: it says so instead of staying empty. */
export function Unconnected(): JSX.Element {
  return (
    <main class="unconnected">
      <h1 class="x3">{messages.faces.lostTitle}</h1>
      <p class="measure">
        <Mark kind="stop" />
        {messages.bridge.missing}
      </p>
    </main>
  );
}
