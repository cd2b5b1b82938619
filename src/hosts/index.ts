/** Hosts that are opened by SSH: what they are called, the way there, their keys, and the command line that opens one. */
export { findRoute, lookAtKey, pictureOf } from './ask-ssh.ts';
export { gatherConfig } from './gather.ts';
export { fitsWildcard } from './wildcard.ts';
export { addProfile, readProfiles, removeProfile, type HostProfile } from './profiles.ts';
export { jumpOf, requireName } from './route.ts';
export { openCommand, type HostRules, type KnownHop } from './command.ts';
