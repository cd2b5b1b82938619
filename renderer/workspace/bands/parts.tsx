/** What several bands need of the model, and how they are left. */
import type { JSX } from 'preact';
import { messages } from '../../shared/messages.ts';
import { Button } from '../../shared/parts.tsx';
import * as model from '../model.ts';

/** Closes what is open. */
export const close = (): void => {
  model.band.value = undefined;
};
/** The button of a band that is only read. */
export const Leave = (): JSX.Element => (
  <Button kind="main" hint="esc" onClick={close}>
    {messages.keys.leave}
  </Button>
);
/** Number and title of a pane, for a sentence about it. */
export const titleOf = (pane: number): { readonly number: number; readonly title: string } => {
  const found = model.allPanes.value.find((entry) => entry.pane.pane === pane);
  return { number: found?.pane.number ?? 0, title: found ? model.paneTitle(found.pane) : '' };
};
