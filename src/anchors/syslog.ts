/** Heads to a syslog collector, a connection a head: what "sent" means stands in syslog-tls.ts. */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { anchorError } from './errors.ts';
import { anchorName, everySeconds } from './fields.ts';
import { AnchorUsage, CA_OPTION, type AnchorKind, type Channel } from './kind.ts';
import { deliverTo, hostOf, QUIET_MS, SD_ID, SYSLOG_PORT, syslogFrame } from './syslog-tls.ts';
import { hasKeyToo, knowsServer, serverFields, whereOf } from './tls.ts';
import type { EmergencyAlert, AnchorHead } from './types.ts';

/** Facility 13 (log audit), severity 6 (informational): RFC 5424, section 6.2.1. */
const PRI = 13 * 8 + 6;
/** The same facility, severity 1. */
const ALERT_PRI = 13 * 8 + 1;

/**
 * One message, all ASCII: about 800 bytes, and 5,200 where the note has two signatures. A collector has to take 2,048 and should take 8,192
 * (RFC 5425, section 4.3.1); rsyslog does. The signed note is in Base64 in `note`.
 */
export function syslogMessage(head: AnchorHead, installation: string, host: string): string {
  const name = hostOf(host);
  const data = `[${SD_ID} installation="${installation}" size="${head.size}" root="${head.root}" time="${head.time}" note="${Buffer.from(head.note).toString('base64')}"]`;
  return `<${PRI}>1 ${head.time} ${name} wardmux - head ${data} The ledger of ${installation} has ${head.size} events.`;
}

/** An alert as a message of the same form, severity 1 (action must be taken immediately); `alert` is its text in Base64, `signature` the installation's over that. */
function syslogAlert({ id, time, text }: EmergencyAlert, signature: string, installation: string, host: string): string {
  const name = hostOf(host);
  const data = `[${SD_ID} installation="${installation}" breakGlass="${id}" alert="${Buffer.from(text).toString('base64')}" signature="${signature}"]`;
  return `<${ALERT_PRI}>1 ${time} ${name} wardmux - breakglass ${data} Break-glass at ${installation}: ${id} began at ${time}.`;
}

const rowSchema = z
  .strictObject({
    name: anchorName,
    kind: z.literal('syslog').describe('A syslog collector over TLS (RFC 5425).'),
    ...serverFields,
    everySeconds,
  })
  .refine(knowsServer, { path: ['ca'], message: 'or fingerprint is needed to know the server' })
  .refine(hasKeyToo, { path: ['key'], message: 'and certificate go together' });
export type SyslogAnchor = z.infer<typeof rowSchema>;

const proofSchema = z.strictObject({ kind: z.literal('syslog'), server: z.string(), certificate: z.string() });

type SyslogProof = z.infer<typeof proofSchema>;

export interface SyslogOptions {
  readonly row: SyslogAnchor;
  readonly installation: string;
  readonly network: readonly string[];
  readonly quietMs?: number;
}

export function syslogChannel({ row, installation, network, quietMs = QUIET_MS }: SyslogOptions): Channel<SyslogProof> {
  const { fingerprint } = row;
  const where = whereOf(row);

  return {
    where,
    async send(head, signal) {
      try {
        const frame = syslogFrame(syslogMessage(head, installation, hostname()));
        const { sha256 } = await deliverTo(row, frame, { network, signal, quietMs });
        return { kind: 'syslog', server: where, certificate: sha256 };
      } catch (error) {
        throw anchorError(error, `${where} did not take the head`);
      }
    },
    async alert(alert, signature, signal) {
      try {
        const frame = syslogFrame(syslogAlert(alert, signature, installation, hostname()));
        await deliverTo(row, frame, { network, signal, quietMs });
      } catch (error) {
        throw anchorError(error, `${where} did not take the alert`);
      }
    },
    async check(_, proof) {
      // RFC 5425 gives nothing that could be checked later: the collector's own log is the evidence. What is left is our own signed word, and whom it is about.
      if (proof.kind !== 'syslog' || proof.server !== where) return `it is not of ${where}.`;
      if (fingerprint !== undefined && proof.certificate !== fingerprint) return 'it is of another certificate than the policy names.';
      return undefined;
    },
  };
}

export const syslogKind: AnchorKind<SyslogAnchor, SyslogProof> = {
  kind: 'syslog',
  row: rowSchema,
  proof: proofSchema,
  // A minute is what a forger can still cut.
  everySeconds: 60,
  restSeconds: 600,
  open: (row, context) => syslogChannel({ row, ...context }),
  reached: ({ host, port }) => ({ host, port }),
  place: ['<HOST[:PORT]>', 'a collector that takes RFC 5424 over TLS'],
  options: [
    CA_OPTION,
    ['--fingerprint <SHA256>', 'the collector’s certificate itself, in hexadecimal'],
    ['--certificate <FILE>', 'PEM: this workstation’s certificate for the collector'],
    ['--key <FILE>', 'PEM: its key'],
  ],
  fromOptions: ({ base: { name, ...every }, place, options, read }) => {
    const [, host = '', port = String(SYSLOG_PORT)] = /^(.*?)(?::(\d+))?$/.exec(place)!;
    const { ca, fingerprint, certificate, key } = options;
    if (ca === undefined && fingerprint === undefined)
      throw new AnchorUsage('Say which server it is: --ca FILE, or --fingerprint with the SHA-256 of its certificate.');
    if ((certificate === undefined) !== (key === undefined)) throw new AnchorUsage('--certificate and --key go together.');
    return {
      name,
      kind: 'syslog',
      host,
      port: Number(port),
      ...(ca === undefined ? {} : { ca: read(ca) }),
      ...(fingerprint === undefined ? {} : { fingerprint: fingerprint.replaceAll(':', '').toLowerCase() }),
      ...(certificate && key ? { certificate: resolve(certificate), key: resolve(key) } : {}),
      ...every,
    };
  },
};
