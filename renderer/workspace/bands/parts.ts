/** What several bands need of the model. */
import * as model from '../model.ts';

/** Closes what is open. */
export const close = (): void => {
  model.band.value = undefined;
};
/** Number and title of a pane, for a sentence about it. */
export const titleOf = (pane: number): { readonly number: number; readonly title: string } => {
  const found = model.allPanes.value.find((entry) => entry.pane.pane === pane);
  return { number: found?.pane.number ?? 0, title: found ? model.paneTitle(found.pane) : '' };
};
