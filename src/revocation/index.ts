/** The door of the room. */
export { judge, type FoundFile, type Judged, type RevocationPolicy } from './judge.ts';
export { namedHere, REVOCATION_NAMESPACE, slotsNamedBy, type KnownHere, type NamedHere, type NamedSlot, type SignedList } from './list.ts';
