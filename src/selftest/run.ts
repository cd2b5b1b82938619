/** Tries controls of the table, each whatever the others come to. */
import { sentenceOf } from '../types/sentence.ts';
import { fails, type Finding } from './finding.ts';
import { controls, type ControlName } from './rows.ts';

/** What tries a control. What it throws is a failure: a control that cannot be tried is not one that holds. */
export type Checks = Readonly<Record<ControlName, () => Promise<Finding> | Finding>>;

/** A control of the table with what came of it. */
export interface TriedControl extends Finding {
  readonly name: ControlName;
}

/** Those of which it is given how; a report calls the others not tried. */
export async function tryControls<N extends ControlName>(checks: Pick<Checks, N>): Promise<(Finding & { readonly name: N })[]> {
  const tried: (Finding & { readonly name: N })[] = [];
  for (const name of controls.map((row) => row.name).filter((each): each is N => Object.hasOwn(checks, each)))
    tried.push({ name, ...(await tryOne(checks[name])) });
  return tried;
}

async function tryOne(check: Checks[ControlName]): Promise<Finding> {
  try {
    return await check();
  } catch (error) {
    return fails(`It could not be tried: ${sentenceOf(error)}`);
  }
}
