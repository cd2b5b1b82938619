/** The door of the room. */
export { DRILL_DAYS, drillsDue, REVIEW_HOURS, reviewableBy, reviewDueAt, reviewStateOf, silentAlert, unreviewed, type ReviewState } from './due.ts';
export { begin, extend, isOver, secondsLeft, type Running } from './running.ts';
export { MAX_WORDS, openWords, sealWords, wordsDigest } from './words.ts';
