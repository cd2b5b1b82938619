/** The door of the room. */
export { DRILL_DAYS, drillsDue, endless, REVIEW_HOURS, reviewableBy, reviewDueAt, reviewStateOf, silentAlert, unreviewed } from './due.ts';
export { lookAtWords, sealWords, wordsDigest } from './words.ts';
