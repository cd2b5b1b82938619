/** Every kind of anchor: one line each, made from the files of this folder by test/docs/made.test.ts. */
export { fileKind } from './file-drop.ts';
export { syslogKind } from './syslog.ts';
export { timestampKind } from './timestamp.ts';
