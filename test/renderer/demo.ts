/** Output like that of a shift on an interface engine, invented: for pictures and for tests that need text. */
const dim = (text: string): string => `\x1b[90m${text}\x1b[0m`;
const color = (code: number, text: string): string => `\x1b[${code}m${text}\x1b[0m`;

export function hl7(lines: number): string {
  const rows: string[] = [];
  const kinds = [
    ['adt-in ', 'recv', 'ADT^A08', 'PID|||0000417^^^ZZ^MR||ZZTEST^ALPHA||19000101|U'],
    ['orm-in ', 'recv', 'ORM^O01', 'ORC|NW|TEST-5521|||SC'],
    ['siu-in ', 'recv', 'SIU^S12', 'SCH|TEST-118||||OFFSET^TEST'],
    ['oru-out', 'send', 'ORU^R01', 'OBX|1|NM|2345-7^GLU^LN||5.1|mmol/L||N|||F'],
  ] as const;
  for (let i = 0; i < lines; i++) {
    const at = `14:${String(20 + Math.floor(i / 60)).padStart(2, '0')}:${String(i % 60).padStart(2, '0')}.${String((i * 137) % 1000).padStart(3, '0')}`;
    const [feed, way, kind, body] = kinds[i % kinds.length]!;
    if (i % 13 === 9)
      rows.push(`${dim(at)} ${color(34, 'oru-out')} ${color(31, 'nack')} ${90_000 + i}  MSA|AE|${90_000 + i}|lab-gw: E_CONN_RESET after 0 bytes`);
    else rows.push(`${dim(at)} ${color(34, feed)} ${way} ${color(36, kind)}  ${90_000 + i}  ${dim(body)}`);
  }
  return rows.join('\r\n');
}

export const psql = [
  dim('psql (17.6), server 16.9, TLSv1.3'),
  '',
  `feeds=> ${color(35, 'select')} feed, queued, oldest, state`,
  `feeds->   ${color(35, 'from')} queue ${color(35, 'order by')} queued ${color(35, 'desc')};`,
  '',
  '    feed     | queued |  oldest  |  state',
  '-------------+--------+----------+----------',
  ` lab-oru-out |   \x1b[1;31m1284\x1b[0m | 00:41:12 | ${color(31, 'stalled')}`,
  ' rad-oru-out |     37 | 00:02:09 | draining',
  ` pharm-rde   |     12 | 00:00:31 | ${color(32, 'ok')}`,
  ` bed-adt     |      3 | 00:00:04 | ${color(32, 'ok')}`,
  '(4 rows)',
  '',
  'feeds=> ',
].join('\r\n');

export function journal(lines: number): string {
  const rows: string[] = [];
  for (let i = 0; i < lines; i++) {
    const at = dim(`Nov 24 14:${String(20 + Math.floor(i / 6)).padStart(2, '0')}:${String((i * 11) % 60).padStart(2, '0')}`);
    rows.push(
      i % 5 === 4
        ? `${at} if-icu-01 hl7d[2214]: ${color(33, 'warn')} oru-out: slow ack 4.1 s from lab-gw-02`
        : `${at} if-icu-01 hl7d[2214]: ${dim('channel')} adt-in ${dim('rate')} 14/min ${dim('lag')} 0.2 s`,
    );
  }
  return `${rows.join('\r\n')}\r\n`;
}

export const ssh = [
  `${dim('ops@lab-gw-02:~$')} df -h /var /srv`,
  'Filesystem      Size  Used Avail Use% Mounted on',
  '/dev/vda3        40G   21G   19G  53% /var',
  '/dev/vdb1       200G  \x1b[1;33m183G\x1b[0m   17G  \x1b[1;33m92%\x1b[0m /srv',
  '',
  `${dim('ops@lab-gw-02:~$')} systemctl is-active hl7-relay`,
  color(32, 'active'),
  `${dim('ops@lab-gw-02:~$')} tail -2 /var/log/hl7-relay.log`,
  '14:30:41 peer 10.20.4.12 reset during TLS handshake',
  `14:30:41 cert lab-gw-02 ${color(31, 'expired 2026-11-24 14:00:00Z')}`,
  `${dim('ops@lab-gw-02:~$')} `,
].join('\r\n');
