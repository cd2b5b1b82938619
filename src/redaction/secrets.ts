/** Recognisers of what opens something. */
import { alone, isSecret } from './checks.ts';
import { both, NOTHING, pattern, type Found, type PatternRow, type StructureReader, type StructureRow } from './recogniser.ts';

const BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
/** The longest key that is used (RSA of 16,384 bits) has 200 lines; a block that never ends must not take the rest of a recording along. */
const MAX_LINES = 300;
const KEY_LINE = /^[\s>+|"'\\nA-Za-z0-9/=:,.-]*$/;

/** Everything from BEGIN to END, over lines. */
class PemReader implements StructureReader {
  #left = 0;

  get fresh(): boolean {
    return this.#left === 0;
  }

  line(text: string, likely: boolean): readonly Found[] {
    let from = 0;
    if (this.#left === 0) {
      const begin = likely ? BEGIN.exec(text) : null;
      if (!begin) return NOTHING;
      from = begin.index;
      this.#left = MAX_LINES;
    } else if (!KEY_LINE.test(text)) {
      this.#left = 0;
      return this.line(text, likely);
    }
    const end = END.exec(text.slice(from));
    this.#left = end ? 0 : this.#left - 1;
    const to = end ? from + end.index + end[0].length : text.length;
    return to > from ? [{ kind: 'private-key', start: from, end: to }] : [];
  }
}

const notToken = alone(/[A-Za-z0-9_]/);
/** A character of a password on a command line; the first one begins no other option. */
const VALUE = `[^\\s"']`;
const FIRST = `[^\\s"'-]`;

const ASSIGNED = `(?:pass(?:word|wd|phrase)?|_pass|pwd|secret(?:[_-]?key)?(?:_base)?|api[_-]?key|access[_-]?token|(?:auth|api|bot)[_-]?token|MYSQL_PWD)["']?`;

export const secretRows: readonly (PatternRow | StructureRow)[] = [
  {
    kind: 'private-key',
    help: 'Private keys in PEM and OpenPGP armor, from BEGIN to END over as many lines as they have.',
    reason: 'secret',
    standard: true,
    reader: () => new PemReader(),
    needs: { words: ['---'] },
    examples: {
      found: ['«-----BEGIN RSA PRIVATE KEY-----»', '«-----BEGIN PRIVATE KEY----- MIIE -----END PRIVATE KEY-----»'],
      left: ['-----BEGIN CERTIFICATE-----', '-----BEGIN PUBLIC KEY-----'],
    },
  },
  {
    kind: 'cloud-key',
    help: 'Access keys of clouds and services by their fixed beginnings: AWS, GitHub, GitLab, Slack, Google, Stripe, npm, Azure storage, SendGrid, Vault, Docker, PyPI, DigitalOcean.',
    reason: 'secret',
    standard: true,
    patterns: [
      pattern('(?:AKIA|ASIA)[A-Z0-9]{16}', '', { words: ['aki', 'asi'] }, /A[KS]IA/, notToken),
      pattern(
        '(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}|glpat-[A-Za-z0-9_-]{20,64}|npm_[A-Za-z0-9]{36})',
        '',
        { words: ['ghp', 'gho', 'ghu', 'ghs', 'ghr', 'git', 'glp', 'npm'] },
        /gh[pousr]_|github_pat_|glpat-|npm_/,
      ),
      pattern('xox[abprs]-[A-Za-z0-9-]{10,250}', '', { words: ['xox'] }, /xox[abprs]-/),
      pattern('(?:AIza[A-Za-z0-9_-]{35}|[sr]k_(?:live|test)_[A-Za-z0-9]{16,255})', '', { words: ['aiz', 'sk_', 'rk_'] }, /AIza|[sr]k_live_|[sr]k_test_/),
      pattern('hooks\\.slack\\.com/services/([A-Za-z0-9/]{20,100})', '', { words: ['hoo'] }, /hooks\.slack\.com/),
      pattern(
        '(?:SG\\.[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43}|hv[sbr]\\.[A-Za-z0-9_-]{24,200}|dckr_pat_[A-Za-z0-9_-]{20,64}|pypi-AgE[A-Za-z0-9_-]{40,250}|do[opr]_v1_[a-f0-9]{64})',
        '',
        { words: ['sg.', 'hvs', 'hvb', 'hvr', 'dck', 'pyp', 'doo', 'dop', 'dor'] },
        /SG\.|hv[sbr]\.|dckr_pat_|pypi-AgE|do[opr]_v1_/,
      ),
      pattern(
        '(?:aws_?secret_?access_?key|SecretAccessKey)["\']?\\s*[=:]\\s*["\']?([A-Za-z0-9/+]{40})',
        'i',
        { words: ['sec'] },
        /secret/i,
        alone(/[A-Za-z0-9/+]/),
      ),
      pattern('AccountKey=([A-Za-z0-9+/]{60,88}={0,2})', '', { words: ['acc'] }, /AccountKey=/),
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
    patterns: [pattern('eyJ[A-Za-z0-9_-]{8,}\\.eyJ[A-Za-z0-9_-]{4,}\\.[A-Za-z0-9_-]*', '', { words: ['eyj'] }, /eyJ/)],
    examples: { found: ['token «eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl»'], left: ['eyJhbGciOiJIUzI1NiJ9', 'eyJ.eyJ.'] },
  },
  {
    kind: 'password',
    help: 'Passwords and tokens in command lines, variables, URLs and headers: behind password=, --password, -u user:, ://user:, Authorization, sshpass -p.',
    reason: 'secret',
    standard: true,
    patterns: [
      pattern(
        `${ASSIGNED}[ \\t]{0,4}[=:][ \\t]{0,4}["']?(${VALUE}{4,200})`,
        'i',
        { words: ['pas', 'pwd', 'sec', 'api', 'acc', 'aut', 'bot', 'mys'] },
        new RegExp(`${ASSIGNED}[ \\t]?[ \\t]?[ \\t]?[ \\t]?[=:]`, 'i'),
        isSecret,
      ),
      pattern(
        `--(?:password|passwd|pass|secret|token|api-key|http-password)[ =]["']?(${FIRST}${VALUE}{3,200})`,
        'i',
        { words: ['--p', '--s', '--t', '--a', '--h'] },
        /--[psath]/i,
        isSecret,
      ),
      pattern(`sshpass (?:-e )?-p ?["']?(${VALUE}{3,200})`, '', { words: ['ssh'] }, /sshpass/),
      pattern(
        `\\b(?:mysql|mysqldump|mysqladmin|mariadb)\\b[^|;]*? -p(${FIRST}${VALUE}{3,100})`,
        '',
        { words: ['mys', 'mar'] },
        both(/ -p/, /mysql|mariadb/),
        isSecret,
      ),
      pattern(
        `(?:curl|wget|http)\\b[^|;]*? (?:-u|--user)[ =]["']?[^\\s:"']{1,64}:(${VALUE}{3,200})`,
        '',
        { words: ['cur', 'wge', 'htt'] },
        / (?:-u|--user)[ =]/,
        isSecret,
      ),
      // Programs that take a password behind an option of their own.
      pattern(
        `\\b(?:docker|podman|helm|az|oc|skopeo)\\b[^|;]*? (?:login|registry login)\\b[^|;]*? -p[ =]?["']?(${FIRST}${VALUE}{3,200})`,
        '',
        { words: ['log'] },
        /login/,
        isSecret,
      ),
      pattern(
        `\\bldap(?:search|modify|add|delete|passwd|whoami)\\b[^|;]*? -w ?["']?(${FIRST}${VALUE}{3,200})`,
        '',
        { words: ['lda'] },
        /ldap[smadpw]/,
        isSecret,
      ),
      pattern(
        `\\b(?:smbclient|rpcclient|mount\\.cifs|net)\\b[^|;]*? -U ?["']?[^\\s%"']{1,64}%(${VALUE}{3,200})`,
        '',
        { words: ['smb', 'rpc', 'mou', 'net'] },
        / -U ?/,
        isSecret,
      ),
      pattern(`\\bredis-cli\\b[^|;]*? -a ?["']?(${FIRST}${VALUE}{3,200})`, '', { words: ['red'] }, /redis-cli/, isSecret),
      pattern(`\\bhtpasswd\\b[^|;]*? -[A-Za-z]{0,6}b[A-Za-z]{0,6} [^\\s]+ [^\\s]+ ["']?(${VALUE}{3,200})`, '', { words: ['htp'] }, /htpasswd/, isSecret),
      pattern(`-pass(?:in|out|word)? ["']?pass:(${VALUE}{3,200})`, '', { words: ['-pa'] }, /-pass/, isSecret),
      pattern(`\\becho (?:-n )?["']?(${FIRST}${VALUE}{3,200})["']? ?\\| ?sudo -S`, '', { words: ['sud'] }, /sudo -S/, isSecret),
      // Files: .netrc, redis.conf, .pgpass; and what SQL and HTTP say.
      pattern(`\\blogin [^\\s]+\\s+password ["']?(${VALUE}{3,200})`, 'i', { words: ['log'] }, /login /i, isSecret),
      pattern(`\\b(?:requirepass|masterauth) ["']?(${VALUE}{3,200})`, 'i', { words: ['req', 'mas'] }, /requirepass|masterauth/i, isSecret),
      pattern('(?:^|\\s)[A-Za-z0-9.*-]+:\\d{3,5}:[A-Za-z0-9_*-]+:[A-Za-z0-9_*.-]+:([^\\s:]{4,200})$', '', { words: [':'], run: 3 }, /:\d\d\d\d?\d?:/, isSecret),
      pattern(
        `\\b(?:password|identified (?:with [a-z0-9_]+ )?by) (?:set )?'([^']{4,200})'`,
        'i',
        { words: ['pas', 'ide'] },
        /(?:password|by) (?:set )?'/i,
        isSecret,
      ),
      pattern(`\\bx-(?:api-key|auth-token|vault-token): ?["']?(${VALUE}{4,200})`, 'i', { words: ['x-a', 'x-v'] }, /x-[av]/i, isSecret),
      pattern('[a-z][a-z0-9+.-]+://[^\\s/:@"\']*:([^\\s/@"\']{3,200})@', 'i', { words: ['://'] }, /@/, isSecret),
      pattern('Authorization["\']?: ?(?:Bearer|Basic|Token) ([^\\s"\']{8,})', 'i', { words: ['aut'] }, /authorization/i, isSecret),
    ],
    examples: {
      found: [
        'PGPASSWORD=«Sommer-2026» psql',
        'mysql -u root -p«hunter2x»',
        'curl -u ada:«S3cret!x» https://x',
        'postgres://app:«S3cret!x»@db/x',
        '--password «S3cret!x»',
        'docker login registry.example.net -u feed -p «S3cret!x»',
        'ldapsearch -x -D cn=admin -w «S3cret!x» -b dc=example',
        "ALTER USER feed WITH PASSWORD '«S3cret!x»';",
        'machine ie01 login feed password «S3cret!x»',
        'db01.example.net:5432:emr:feed:«S3cret!x»',
        'echo «S3cret!x» | sudo -S id',
        'openssl pkcs12 -in k.p12 -passin pass:«S3cret!x» -nodes',
        'secret_key_base: «5dndnOmf3Sgq0qmVk22Lpr»',
        'Authorization: Bearer «abcdef0123456789»',
      ],
      left: ['password: $DB_PASSWORD', 'password=****', 'Failed password for root', 'Password: ', 'secret/db created', 'token: expired'],
    },
  },
];
