/** Certificate authorities of a test, made with openssl when it runs: nothing of this is in the repository, and nothing expires there. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DAY_MS } from '../../src/types/units.ts';

export interface Issued {
  /** Paths of PEM files. */
  readonly certificate: string;
  readonly key: string;
  readonly pem: string;
}

export interface IssueOptions {
  /** Subject alternative names, as openssl takes them: `DNS:localhost,IP:127.0.0.1`. */
  readonly names?: string;
  /** Extended key usage, as openssl takes it: `critical,timeStamping`. */
  readonly usage?: string;
  readonly ca?: boolean;
  /** Milliseconds since 1970. */
  readonly from?: number;
  readonly to?: number;
  readonly kind?: 'ec' | 'rsa';
}

/** YYYYMMDDHHMMSSZ */
const asn1Time = (ms: number): string => `${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;

export function openssl(args: readonly string[], cwd?: string, input?: Uint8Array): Buffer {
  return execFileSync('openssl', args, { stdio: ['pipe', 'pipe', 'pipe'], ...(cwd === undefined ? {} : { cwd }), ...(input === undefined ? {} : { input }) });
}

export class TestAuthority {
  readonly folder: string;
  readonly self: Issued;
  #count = 0;

  /** A root of its own, or below another authority. */
  constructor(name: string, parent?: TestAuthority, options: IssueOptions = {}) {
    this.folder = mkdtempSync(join(tmpdir(), 'wardmux-ca-'));
    mkdirSync(join(this.folder, 'new'));
    writeFileSync(join(this.folder, 'index.txt'), '');
    const wide = { ca: true, from: Date.now() - 1000 * DAY_MS, to: Date.now() + 1000 * DAY_MS, ...options };
    this.self = (parent ?? this).issue(name, wide, parent ? undefined : 'selfsign');
  }

  issue(name: string, options: IssueOptions = {}, selfsign?: 'selfsign'): Issued {
    const base = join(this.folder, `c${this.#count++}`);
    const [key, request, certificate, config] = ['key.pem', 'csr.pem', 'pem', 'cnf'].map((end) => `${base}.${end}`) as [string, string, string, string];
    const { names, usage, ca = false, from = Date.now() - DAY_MS, to = Date.now() + DAY_MS, kind = 'ec' } = options;
    openssl(
      kind === 'ec'
        ? ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key]
        : ['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', key],
    );
    openssl(['req', '-new', '-key', key, '-subj', `/O=Wardmux tests/CN=${name}`, '-out', request, '-batch']);
    writeFileSync(
      config,
      `[ca]
default_ca = d
[d]
database = ${join(this.folder, 'index.txt')}
new_certs_dir = ${join(this.folder, 'new')}
rand_serial = yes
unique_subject = no
default_md = sha256
policy = p
x509_extensions = e
[p]
organizationName = supplied
commonName = supplied
[e]
basicConstraints = critical,CA:${ca ? 'TRUE' : 'FALSE'}
subjectKeyIdentifier = hash
${names === undefined ? '' : `subjectAltName = ${names}`}
${usage === undefined ? '' : `extendedKeyUsage = ${usage}`}
`,
    );
    const signer = selfsign ? ['-selfsign', '-keyfile', key] : ['-cert', this.self.certificate, '-keyfile', this.self.key];
    const dates = ['-startdate', asn1Time(from), '-enddate', asn1Time(to)];
    openssl(['ca', '-batch', '-notext', '-config', config, '-in', request, '-out', certificate, ...signer, ...dates]);
    return { certificate, key, pem: readFileSync(certificate, 'utf8') };
  }
}
