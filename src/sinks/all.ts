/** Every kind of sink: one line each, made from the files of this folder by test/docs/made.test.ts. */
export { fluentKind } from './fluent.ts';
export { httpsKind } from './https.ts';
export { mailKind } from './mail.ts';
export { natsKind } from './nats.ts';
export { syslogKind } from './syslog.ts';
export { webhookKind } from './webhook.ts';
