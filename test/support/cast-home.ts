import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstHome, firstWords, ownFolder } from './first-home.ts';
import { runWith } from './run-here.ts';

/**
 * A first run, and one recording that was imported from a terminal of 80 x 24.
 * @param events of asciicast version 2, a line each
 */
export async function castHome(events: readonly string[]): Promise<{ readonly place: string; readonly home: string; readonly id: string }> {
  const place = ownFolder();
  const home = join(place, 'home');
  (await firstHome(place)).identity.destroy();
  const file = join(place, 'a.cast');
  writeFileSync(file, `${['{"version":2,"width":80,"height":24}', ...events].join('\n')}\n`);
  const id = (await runWith(['import', file], { home, place }, [firstWords])).out.trim();
  return { place, home, id };
}
