/** The door of the room. */
export { denialOf, denialReasons, denials, doorNames, notPermitted, openDoor, type Denial, type DenialReason, type Door, type DoorName } from './door.ts';
export { EMERGENCY, emergencyGrantOf, enrolGrantOf, grantOf, type Grant, type Standing } from './grant.ts';
export { AGREE_MS } from './two-people.ts';
export { separationOf } from './separation.ts';
export { isSealed, permissionNames, permissions, phases, type Permission, type Phase } from './permissions.ts';
