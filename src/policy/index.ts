/** The door of the room. */
export { anchorsSchema } from './anchors.ts';
export { checkPolicy, findingText } from './check.ts';
export { classRules, sessionClass, sessionClasses } from './classes.ts';
export { askedConsent, consentEntry, type AskedConsent } from './consent.ts';
export { policyDifferences, policyLines, shortened, weakenings, type Difference } from './difference.ts';
export {
  acceptPolicy,
  changeSentence,
  policyInForce,
  policyOnceInForce,
  proposalEvent,
  proposalSentence,
  proposeFile,
  type ChangedPolicy,
  type PolicyInForce,
  type Proposal,
} from './force.ts';
export { reasonEntry, reasonFault, type GivenReason } from './reason.ts';
export { policyVersions, versionAt, type PolicyVersion } from './history.ts';
export { defaultPolicy, loadPolicy, parsePolicy, type LoadedPolicy } from './policy.ts';
export { DEFAULT_PRESET, presetNames, presets, presetValues, weakerThanPreset, type PresetName } from './presets.ts';
export { policyJsonSchema } from './schema.ts';
export type { Policy, SessionClass } from './types.ts';
