/** What rises from the line: the bands of all.ts, one at a time, behind what the state raises by itself (../raised), which nobody opens and which has no name. */
import type { JSX } from 'preact';
import { useLayoutEffect } from 'preact/hooks';
import type { Controller } from '../controller.ts';
import * as model from '../model.ts';
import * as all from './all.ts';
import type { BandRow } from './band.tsx';
import { ConsentText } from '../raised/consent.tsx';
import { WhichKey } from './keys.tsx';
import { close } from './parts.tsx';
import { ReasonAsked } from '../raised/reason.tsx';
import { Warning } from '../raised/warning.tsx';

export const bands: readonly BandRow[] = Object.values<BandRow>(all);

/** The warning stands over whatever is open, and what was typed there is still there after it. */
export function Bands({ controller }: { readonly controller: Controller }): JSX.Element {
  return (
    <>
      <First controller={controller} />
      {model.status.value?.warning ? <Warning controller={controller} /> : null}
    </>
  );
}

/** What has to be answered before anything else, one after the other. */
function First({ controller }: { readonly controller: Controller }): JSX.Element {
  if (model.consent.value) return <ConsentText controller={controller} {...model.consent.value} />;
  return model.reason.value ? <ReasonAsked controller={controller} {...model.reason.value} /> : <Open controller={controller} />;
}

function Open({ controller }: { readonly controller: Controller }): JSX.Element | null {
  const open = model.band.value;
  if (!open) return model.whichKey.value ? <WhichKey /> : null;
  return bands.find(({ name }) => name === open.name)?.draw(controller, open) ?? <Nothing />;
}

/** No band has this name, or it was not given what it takes: nothing rises, and nothing waits for it. */
function Nothing(): null {
  useLayoutEffect(close, []);
  return null;
}
