/** The door of the room. */
export { anchorsSchema } from './anchors.ts';
export {
  differenceText,
  acceptPolicy,
  everyPolicy,
  keepPolicy,
  policyInForce,
  proposalEvent,
  proposalSentence,
  type PolicyInForce,
  type Proposal,
} from './force.ts';
export { createPolicy, defaultPolicy, loadPolicy, parsePolicy, policySchema, type LoadedPolicy } from './policy.ts';
export type { Policy } from './types.ts';
