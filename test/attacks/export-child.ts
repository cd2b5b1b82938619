/** Exports a recording and stops where everything but the signatures is written, until it is killed. `argv`: the folder of the notes, the folder of the export; without them its own. */
import { join } from 'node:path';
import { session, Site } from './fixture.ts';

const site = await Site.create();
const recording = await site.record(session);
const [notes = site.notes, place = site.folder] = process.argv.slice(2);
const target = join(place, 'killed');
setInterval(() => {}, 60_000);
await site.export(recording, target, {
  notes,
  signer: {
    ...site.keys.installation,
    sign: () => {
      process.stdout.write(`${JSON.stringify({ folder: site.folder, place, notes, recording, target })}\n`);
      return new Promise(() => {});
    },
  },
});
