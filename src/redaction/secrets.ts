/** Recognisers of what opens something. */
import { alone, isSecret } from './checks.ts';
import { pattern, type Found, type PatternRow, type StructureReader, type StructureRow } from './recogniser.ts';

const BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
/** The longest key that is used (RSA of 16,384 bits) has 200 lines; a block that never ends must not take the rest of a recording along. */
const MAX_LINES = 300;
const KEY_LINE = /^[\s>+|"'\\nA-Za-z0-9/=:,.-]*$/;

/** Everything from BEGIN to END, over lines. */
class PemReader implements StructureReader {
  #left = 0;

  line(text: string): Found[] {
    let from = 0;
    if (this.#left === 0) {
      const begin = BEGIN.exec(text);
      if (!begin) return [];
      from = begin.index;
      this.#left = MAX_LINES;
    } else if (!KEY_LINE.test(text)) {
      this.#left = 0;
      return this.line(text);
    }
    const end = END.exec(text.slice(from));
    this.#left = end ? 0 : this.#left - 1;
    const to = end ? from + end.index + end[0].length : text.length;
    return to > from ? [{ kind: 'private-key', start: from, end: to }] : [];
  }
}

const notToken = alone(/[A-Za-z0-9_]/);

export const secretRows: readonly (PatternRow | StructureRow)[] = [
  {
    kind: 'private-key',
    help: 'Private keys in PEM and OpenPGP armor, from BEGIN to END over as many lines as they have.',
    reason: 'secret',
    standard: true,
    reader: () => new PemReader(),
    examples: {
      found: ['«-----BEGIN RSA PRIVATE KEY-----»', '«-----BEGIN PRIVATE KEY----- MIIE -----END PRIVATE KEY-----»'],
      left: ['-----BEGIN CERTIFICATE-----', '-----BEGIN PUBLIC KEY-----'],
    },
  },
  {
    kind: 'cloud-key',
    help: 'Access keys of clouds and services by their fixed beginnings: AWS, GitHub, GitLab, Slack, Google, Stripe, npm, Azure storage.',
    reason: 'secret',
    standard: true,
    patterns: [
      pattern('(?:AKIA|ASIA)[A-Z0-9]{16}', '', /A[KS]IA/, notToken),
      pattern(
        '(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}|glpat-[A-Za-z0-9_-]{20,64}|npm_[A-Za-z0-9]{36})',
        '',
        /gh[pousr]_|github_pat_|glpat-|npm_/,
      ),
      pattern('xox[abprs]-[A-Za-z0-9-]{10,250}', '', /xox[abprs]-/),
      pattern('(?:AIza[A-Za-z0-9_-]{35}|[sr]k_live_[A-Za-z0-9]{16,255})', '', /AIza|[sr]k_live_/),
      pattern('(?:aws_?secret_?access_?key|SecretAccessKey)["\']?\\s*[=:]\\s*["\']?([A-Za-z0-9/+]{40})', 'i', /secret/i, alone(/[A-Za-z0-9/+]/)),
      pattern('AccountKey=([A-Za-z0-9+/]{60,88}={0,2})', '', /AccountKey=/),
    ],
    examples: {
      found: ['«AKIAQ7EXAMPLE4XK2M3P»', 'aws_secret_access_key = «wJalrXUtnFEMIK7MDENGbPxRfiCYzEXAMPLEKEYa»', '«ghp_0123456789abcdefghijABCDEFGHIJ012345»'],
      left: ['AKIA', 'ghp_short', 'BAKIAQ7EXAMPLE4XK2M3PX'],
    },
  },
  {
    kind: 'jwt',
    help: 'JSON Web Tokens: two parts of base64url that begin an object, and a third.',
    reason: 'secret',
    standard: true,
    patterns: [pattern('eyJ[A-Za-z0-9_-]{8,}\\.eyJ[A-Za-z0-9_-]{4,}\\.[A-Za-z0-9_-]*', '', /eyJ/)],
    examples: { found: ['token «eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl»'], left: ['eyJhbGciOiJIUzI1NiJ9', 'eyJ.eyJ.'] },
  },
  {
    kind: 'password',
    help: 'Passwords and tokens in command lines, variables, URLs and headers: behind password=, --password, -u user:, ://user:, Authorization, sshpass -p.',
    reason: 'secret',
    standard: true,
    patterns: [
      pattern(
        '(?:pass(?:word|wd|phrase)?|pwd|secret|api[_-]?key|access[_-]?token|auth[_-]?token|PGPASSWORD|MYSQL_PWD)["\']?[ \\t]{0,4}[=:][ \\t]{0,4}["\']?([^\\s"\']{4,200})',
        'i',
        /pass|pwd|secret|key|token/i,
        isSecret,
      ),
      pattern('--(?:password|passwd|pass|secret|token|api-key)[ =]["\']?([^\\s"\'-][^\\s"\']{3,200})', 'i', /--/, isSecret),
      pattern('sshpass (?:-e )?-p ?["\']?([^\\s"\']{3,200})', '', /sshpass/),
      pattern('\\b(?:mysql|mysqldump|mysqladmin|mariadb)\\b.{0,120}? -p([^\\s"\'-][^\\s"\']{3,100})', '', / -p/, isSecret),
      pattern('(?:curl|wget|http)\\b.{0,200}? (?:-u|--user)[ =]["\']?[^\\s:"\']{1,64}:([^\\s"\']{3,200})', '', / -u|--user/, isSecret),
      pattern('[a-z][a-z0-9+.-]{1,20}://[^\\s/:@"\']{1,64}:([^\\s/@"\']{3,200})@', 'i', /:\/\//, isSecret),
      pattern('Authorization["\']?: ?(?:Bearer|Basic|Token) ([A-Za-z0-9._~+/=-]{8,})', 'i', /authorization/i),
    ],
    examples: {
      found: [
        'PGPASSWORD=«Sommer-2026» psql',
        'mysql -u root -p«hunter2x»',
        'curl -u ada:«S3cret!x» https://x',
        'postgres://app:«S3cret!x»@db/x',
        '--password «S3cret!x»',
        'Authorization: Bearer «abcdef0123456789»',
      ],
      left: ['password: $DB_PASSWORD', 'password=****', 'Failed password for root', 'Password: ', 'secret/db created', 'token: expired'],
    },
  },
];
