/** Every kind of anchor: one line each, and nothing else here. */
export { fileKind } from './file-drop.ts';
export { syslogKind } from './syslog.ts';
export { timestampKind } from './timestamp.ts';
