/**
 * Makes timestamp.json: `node test/vectors/make-timestamp.ts`. Needs openssl. Once is enough: an answer of a time-stamping authority is another one each
 * time, and it is judged at its own time, so it does not grow old.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyTimestamp } from '../../src/anchors/tsp.ts';
import { TestAuthority } from '../support/certificates.ts';
import { reply } from '../support/timestamp-authority.ts';
import { bytesOf, timestampQuery } from './second-writer.ts';

const data = 'a signed note would stand here\n';
const nonce = bytesOf('vectors/nonce', 8);
const root = new TestAuthority('Root');
const response = reply(timestampQuery(Buffer.from(data, 'utf8'), nonce), { signer: root.issue('TSA', { usage: 'critical,timeStamping' }) });
const { time, serial, policy } = verifyTimestamp(response, Buffer.from(data, 'utf8'), root.self.pem, nonce);
const made = { data, nonce: nonce.toString('hex'), roots: root.self.pem, response: response.toString('base64'), time, serial, policy };
writeFileSync(join(import.meta.dirname, 'timestamp.json'), `${JSON.stringify(made, null, 1)}\n`);
