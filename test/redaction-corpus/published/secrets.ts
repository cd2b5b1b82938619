/**
 * Secrets as administrators have them on the screen: keys in PEM and OpenPGP armor (RFC 7468, RFC 9580), keys of services by the beginnings that their makers
 * publish, tokens (RFC 7519), and passwords in commands, files and addresses as the manuals of these programs write them.
 */
import type { Chance } from '../random.ts';
import { Writing, type CorpusDocument } from '../document.ts';

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'];
const ALNUM = [...LETTERS, ...'0123456789'];
const some = (chance: Chance, set: readonly string[], count: number): string => Array.from({ length: count }, () => chance.pick(set)).join('');
const upper = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'];
const hex = [...'0123456789abcdef'];
const url64 = [...ALNUM, '-', '_'];

export function password(chance: Chance): string {
  const sign = chance.pick(['', '!', '#', '.', '_', '-', '%', '+']);
  return chance.pick([
    `${chance.pick(['Winter', 'Kettle', 'Orbit', 'hunter', 'S3cret', 'Tr0ub4dor'])}${sign}${chance.digits(chance.from(2, 4))}`,
    some(chance, ALNUM, chance.from(10, 24)),
    `${some(chance, ALNUM, 6)}${sign}${some(chance, ALNUM, 6)}`,
  ]);
}

function armoured(to: Writing, chance: Chance): void {
  const label = chance.pick([
    'PRIVATE KEY',
    'RSA PRIVATE KEY',
    'EC PRIVATE KEY',
    'OPENSSH PRIVATE KEY',
    'ENCRYPTED PRIVATE KEY',
    'DSA PRIVATE KEY',
    'PGP PRIVATE KEY BLOCK',
  ]);
  const indent = chance.pick(['', '', '', '    ', '  ']);
  to.put(chance.pick(['$ cat id_rsa', '# openssl pkcs8 -in k.pem', 'tls.key: |', '$ gpg --export-secret-keys -a'])).line();
  to.near(`${indent}-----BEGIN ${label}-----`).line();
  if (label === 'RSA PRIVATE KEY' && chance.next() < 0.4)
    to.near(`${indent}Proc-Type: 4,ENCRYPTED\n${indent}DEK-Info: AES-128-CBC,${some(chance, hex, 32).toUpperCase()}\n${indent}\n`);
  if (label.startsWith('PGP')) to.near(`${indent}\n`);
  for (let n = chance.from(3, 20); n > 0; n--)
    to.put(indent)
      .mark('private-key', some(chance, [...ALNUM, '+', '/'], n > 1 ? 64 : chance.from(8, 63)))
      .line();
  to.near(`${indent}-----END ${label}-----`).line();
}

function inOneLine(to: Writing, chance: Chance): void {
  to.put(chance.pick(['export TLS_KEY="', '{"type":"service_account","private_key":"', "key: '"])).near('-----BEGIN PRIVATE KEY-----\\n');
  to.mark('private-key', Array.from({ length: chance.from(3, 8) }, () => some(chance, [...ALNUM, '+', '/'], 64)).join('\\n'));
  to.put('\\n-----END PRIVATE KEY-----\\n"').line();
}

const keys: readonly ((chance: Chance) => readonly [string, string, string])[] = [
  (chance) => ['aws_access_key_id = ', `${chance.pick(['AKIA', 'ASIA'])}${some(chance, upper, 16)}`, ''],
  (chance) => ['aws_secret_access_key = ', some(chance, [...ALNUM, '/', '+'], 40), ''],
  (chance) => ['export AWS_SECRET_ACCESS_KEY=', some(chance, [...ALNUM, '/', '+'], 40), ''],
  (chance) => ['git clone https://', `${chance.pick(['ghp', 'gho', 'ghs', 'ghu', 'ghr'])}_${some(chance, ALNUM, 36)}`, '@github.com/acme/feed.git'],
  (chance) => ['GITHUB_TOKEN=', `github_pat_${some(chance, ALNUM, 22)}_${some(chance, ALNUM, 59)}`, ''],
  (chance) => ['token: ', `glpat-${some(chance, url64.slice(0, -2), 20)}`, ''],
  (chance) => ['SLACK_BOT_TOKEN=', `xoxb-${chance.digits(12)}-${chance.digits(12)}-${some(chance, ALNUM, 24)}`, ''],
  (chance) => [
    'curl -d token=',
    `xoxp-${chance.digits(11)}-${chance.digits(11)}-${chance.digits(12)}-${some(chance, hex, 32)}`,
    ' https://slack.com/api/auth.test',
  ],
  (chance) => ['https://hooks.slack.com/services/', `T${some(chance, upper, 8)}/B${some(chance, upper, 8)}/${some(chance, ALNUM, 24)}`, ''],
  (chance) => ['"apiKey": "', `AIza${some(chance, url64, 35)}`, '"'],
  (chance) => ['STRIPE_KEY=', `${chance.pick(['sk_live', 'rk_live', 'sk_test'])}_${some(chance, ALNUM, chance.pick([24, 99]))}`, ''],
  (chance) => ['//packages.example.net/:_authToken=', `npm_${some(chance, ALNUM, 36)}`, ''],
  (chance) => [
    'DefaultEndpointsProtocol=https;AccountName=feeds;AccountKey=',
    `${some(chance, [...ALNUM, '+', '/'], 86)}==`,
    ';EndpointSuffix=core.windows.net',
  ],
  (chance) => ['SENDGRID_API_KEY=', `SG.${some(chance, url64, 22)}.${some(chance, url64, 43)}`, ''],
  (chance) => ['VAULT_TOKEN=', `hvs.${some(chance, url64, 24)}`, ''],
  (chance) => ['docker login -u feed -p ', `dckr_pat_${some(chance, url64.slice(0, -2), 27)}`, ''],
  (chance) => ['TWINE_PASSWORD=', `pypi-AgEIcHlwaS5vcmc${some(chance, url64, 60)}`, ''],
  (chance) => ['doctl auth init -t ', `dop_v1_${some(chance, hex, 64)}`, ''],
];

const words: readonly (readonly [string, string])[] = [
  ['mysql -u root -p', ' emr'],
  ['mysqldump --user=feed --password=', ' emr > /tmp/d.sql'],
  ['psql "postgresql://feed:', '@db01.example.net:5432/emr"'],
  ["psql 'host=db01 user=feed password=", " dbname=emr'"],
  ['PGPASSWORD=', ' psql -h db01 -U feed emr'],
  ['export DB_PASSWORD=', ''],
  ["export MIRTH_PASSWORD='", "'"],
  ['curl -u feed:', ' https://ie01.example.net/api'],
  ['curl --user feed:', ' -X POST https://ie01.example.net/api/channels'],
  ['curl -H "Authorization: Bearer ', '" https://ie01.example.net/fhir/Patient'],
  ["curl -H 'X-Api-Key: ", "' https://ie01.example.net/"],
  ['sshpass -p ', ' ssh admin@ie01'],
  ["sshpass -p '", "' scp feed.tar admin@ie01:"],
  ['docker login registry.example.net -u feed -p ', ''],
  ['docker run -e POSTGRES_PASSWORD=', ' -d postgres:16'],
  ['ldapsearch -x -D cn=admin,dc=example,dc=net -w ', ' -b dc=example,dc=net'],
  ['kubectl create secret generic db --from-literal=password=', ''],
  ['smbclient //fs01/scans -U feed%', ''],
  ['redis-cli -h cache01 -a ', ' ping'],
  ['openssl pkcs12 -in k.p12 -passin pass:', ' -nodes'],
  ['machine ie01.example.net login feed password ', ''],
  ['spring.datasource.password=', ''],
  ['  password: ', ''],
  ['"password": "', '",'],
  ['"client_secret":"', '"}'],
  ["ALTER USER feed WITH PASSWORD '", "';"],
  ["CREATE USER feed IDENTIFIED BY '", "';"],
  ['Server=db01;Database=emr;User Id=feed;Password=', ';'],
  ['Data Source=db01;UID=feed;PWD=', ';Encrypt=yes'],
  ['ansible_become_pass: ', ''],
  ['ansible_password=', ''],
  ['requirepass ', ''],
  ['wget --http-password=', ' --http-user=feed https://ie01.example.net/x'],
  ['mongosh "mongodb://feed:', '@db02/emr"'],
  ['echo ', ' | sudo -S systemctl restart mirth'],
  ['mount -t cifs //fs01/scans /mnt -o username=feed,password=', ''],
  ['net user feed /password:', ''],
  ['ftp://feed:', '@fs01.example.net/in/'],
  ['smtp_pass = ', ''],
  ['secret_key_base: ', ''],
  ['API_TOKEN=', ' ./push.sh'],
  ['htpasswd -b /etc/nginx/.htpasswd feed ', ''],
  ['az login --service-principal -u app -p ', ' --tenant t'],
  ['db01.example.net:5432:emr:feed:', ''],
];

function plain(to: Writing, chance: Chance): void {
  const [before, after] = chance.pick(words);
  to.put(chance.pick(['$ ', '[admin@ie01 ~]$ ', '', '# ', '+ ']))
    .put(before)
    .mark('password', password(chance))
    .put(after)
    .line();
}
function key(to: Writing, chance: Chance): void {
  const [before, value, after] = chance.pick(keys)(chance);
  to.put(before).mark('cloud-key', value).put(after).line();
}
function token(to: Writing, chance: Chance): void {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const value = `${part({ alg: chance.pick(['RS256', 'HS256', 'ES256']), typ: 'JWT' })}.${part({ sub: chance.digits(8), iat: Number(chance.digits(9)), scope: 'patient/*.read' })}.${some(chance, url64, chance.pick([43, 86, 342]))}`;
  to.put(chance.pick(['Authorization: Bearer ', '"access_token":"', 'TOKEN=', 'id_token: ', 'https://ie01.example.net/cb#access_token=', 'jwt decode ']))
    .mark('jwt', value)
    .line();
}

export function secret(chance: Chance): CorpusDocument {
  const to = new Writing();
  for (let n = chance.from(2, 5); n > 0; n--)
    chance.pick([armoured, inOneLine, plain, plain, plain, plain, plain, plain, key, key, key, token, token])(to, chance);
  return to.done('secret');
}
