/** The door of the room. */
export { anchorsSchema } from './anchors.ts';
export { differenceText, acceptPolicy, policyInForce, proposalEvent, proposalSentence, type PolicyInForce, type Proposal } from './force.ts';
export { defaultPolicy, loadPolicy, parsePolicy, type LoadedPolicy } from './policy.ts';
export type { Policy } from './types.ts';
