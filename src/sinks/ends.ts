/** When the certificates end that a sink hangs on: the server's, this workstation's own, and those of who may have signed the server's. */
import { X509Certificate } from 'node:crypto';
import { splitPem } from '../anchors/fields.ts';
import { endOf, endOfFile, type ServerCertificate, type ServerRow } from '../anchors/tls.ts';
import type { sinkCertificates } from '../types/words.ts';
import { DAY_MS } from '../types/units.ts';

/** So long before, somebody is told: a hospital's authority takes a week, and a holiday two. */
const AHEAD_MS = 30 * DAY_MS;

export interface CertificateEnd {
  readonly which: (typeof sinkCertificates)[number];
  /** ISO 8601 UTC. */
  readonly until: string;
}

/**
 * Those that end within 30 days, or have. Of several authorities the one counts that ends last: with that one the sink goes on.
 * @param certificate that the server showed. @param now milliseconds since the epoch. @throws AnchorError where the file of its own cannot be read
 */
export async function endingSoon({ ca, certificate: own }: ServerRow, certificate: ServerCertificate, now: number): Promise<CertificateEnd[]> {
  const authorities = splitPem(ca ?? '').map((pem) => endOf(new X509Certificate(pem)));
  const last = authorities.toSorted((a, b) => Date.parse(a) - Date.parse(b)).at(-1);
  const all: CertificateEnd[] = [
    { which: 'server', until: certificate.until },
    ...(own === undefined ? [] : [{ which: 'own', until: await endOfFile(own) } as const]),
    ...(last === undefined ? [] : [{ which: 'authority', until: last } as const]),
  ];
  return all.filter(({ until }) => Date.parse(until) - now < AHEAD_MS);
}
