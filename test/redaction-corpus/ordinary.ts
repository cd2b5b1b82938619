/** Ordinary output of administrators, in which nothing is anybody's: what is found in it is found by mistake. */
import { Chance } from './random.ts';

const two = (n: number): string => String(n).padStart(2, '0');

const lines: readonly ((chance: Chance, hex: (count: number) => string) => string)[] = [
  // kubectl
  (c, hex) =>
    `${c.pick(['adt-in', 'coredns', 'fhir-proxy', 'postgres'])}-${hex(9)}-${hex(5)}   1/1     Running   ${c.from(0, 40)} (${c.from(1, 59)}m ago)   ${c.from(1, 300)}d   10.${c.from(0, 255)}.${c.from(0, 255)}.${c.from(1, 254)}   node-${c.from(1, 12)}`,
  (c, hex) =>
    `  Normal  Pulled  ${c.from(1, 59)}m  kubelet  Successfully pulled image "registry.example.org/adt@sha256:${hex(64)}" in ${c.from(1, 9)}.${c.digits(3)}s`,
  (c) => `service/postgres   ClusterIP   10.96.${c.from(0, 255)}.${c.from(1, 254)}   <none>   5432:3${c.digits(4)}/TCP   ${c.from(1, 400)}d   app=postgres`,
  (_c, hex) => `    uid: ${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`,
  (c) => `    resourceVersion: "${c.digits(8)}"`,
  (c) => `    {"name":"http","containerPort":${c.from(1000, 9999)},"protocol":"TCP","value":"${c.digits(4)}"}`,
  // git
  (_c, hex) => `commit ${hex(40)}`,
  (c) => `Author: ${c.pick(['Ada Lind', 'Jo Park'])} <${c.pick(['ada', 'jo'])}@example.org>`,
  (c) => `Date:   Sat Nov ${c.from(1, 28)} ${two(c.from(0, 23))}:${two(c.from(0, 59))}:${two(c.from(0, 59))} 2026 +0100`,
  (c, hex) => `   ${hex(7)}..${hex(7)}  main -> origin/main (${c.from(1, 90)} objects, ${c.from(1, 900)}.${c.digits(2)} KiB)`,
  (c) => ` src/export/bundle.ts | ${c.from(1, 400)} ${'+'.repeat(c.from(1, 30))}${'-'.repeat(c.from(1, 9))}`,
  // apt
  (c) =>
    `Get:${c.from(1, 99)} http://mirror.example/debian bookworm/main amd64 libssl3 amd64 3.0.${c.from(1, 19)}-1~deb12u${c.from(1, 3)} [${c.from(100, 2999)} kB]`,
  (c) => `Setting up postgresql-15 (15.${c.from(1, 14)}-0+deb12u${c.from(1, 3)}) ...`,
  (c) => `Fetched ${c.from(1, 99)}.${c.digits(1)} MB in ${c.from(1, 60)}s (${c.digits(4)} kB/s)`,
  // journalctl
  (c) =>
    `Nov ${two(c.from(1, 28))} ${two(c.from(0, 23))}:${two(c.from(0, 59))}:${two(c.from(0, 59))} ward7 systemd[1]: Started user@${c.from(1000, 1999)}.service - User Manager for UID ${c.from(1000, 1999)}.`,
  (c) =>
    `Nov ${two(c.from(1, 28))} ${two(c.from(0, 23))}:${two(c.from(0, 59))}:${two(c.from(0, 59))} ward7 sshd[${c.digits(6)}]: Failed password for invalid user admin from 192.0.2.${c.from(1, 254)} port ${c.digits(5)} ssh2`,
  (c) =>
    `Nov ${two(c.from(1, 28))} ${two(c.from(0, 23))}:${two(c.from(0, 59))}:${two(c.from(0, 59))} ward7 kernel: [${c.digits(6)}.${c.digits(6)}] usb 1-${c.from(1, 9)}: New USB device found, idVendor=0${c.digits(3)}, idProduct=${c.digits(4)}, bcdDevice= 1.${c.digits(2)}`,
  (c) =>
    `Nov ${two(c.from(1, 28))} ${two(c.from(0, 23))}:${two(c.from(0, 59))}:${two(c.from(0, 59))} ward7 CRON[${c.digits(6)}]: (root) CMD (test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; })`,
  (c) =>
    `time="2026-11-28T${two(c.from(0, 23))}:${two(c.from(0, 59))}:00.${c.digits(9)}Z" level=info msg="shim disconnected" id=${c.digits(12)} namespace=moby`,
  // ls, df, ps, top
  (c) =>
    `-rw-r--r-- 1 root root ${String(c.from(1, 99999999)).padStart(9)} Nov ${two(c.from(1, 28))} ${two(c.from(0, 23))}:${two(c.from(0, 59))} adt-2026${two(c.from(1, 12))}${two(c.from(1, 28))}-${c.digits(6)}.log.gz`,
  (c) => `drwxr-xr-x ${c.from(2, 40)} ada  ada  4096 2026-11-${two(c.from(1, 28))} 09:${two(c.from(0, 59))} .`,
  (c) => `/dev/nvme0n1p2  ${c.digits(9)} ${c.digits(8)} ${c.digits(9)}  ${c.from(1, 99)}% /var/lib/postgresql`,
  (c) =>
    `postgres  ${c.digits(7)}  0.${c.digits(1)}  1.${c.digits(1)} ${c.digits(6)} ${c.digits(5)} ?  Ss  ${two(c.from(0, 23))}:${two(c.from(0, 59))}  0:${two(c.from(0, 59))} postgres: checkpointer`,
  (c) => ` ${c.digits(3)} ${c.digits(3)} ${c.digits(4)}  ${c.from(0, 9)}  ${c.digits(3)} ${c.digits(3)} ${c.digits(4)}`,
  // tcpdump, ss, ip, dig
  (c) =>
    `${two(c.from(0, 23))}:${two(c.from(0, 59))}:${two(c.from(0, 59))}.${c.digits(6)} IP 10.1.${c.from(0, 255)}.${c.from(1, 254)}.${c.digits(5)} > 10.1.2.3.2575: Flags [P.], seq ${c.digits(10)}:${c.digits(10)}, ack ${c.digits(9)}, win ${c.digits(3)}, options [nop,nop,TS val ${c.digits(10)} ecr ${c.digits(10)}], length ${c.from(1, 1460)}`,
  (c) =>
    `tcp   ESTAB  0      0      10.1.2.3:2575   10.1.${c.from(0, 255)}.${c.from(1, 254)}:${c.digits(5)}  users:(("mirth",pid=${c.digits(6)},fd=${c.from(3, 99)}))`,
  (_c, hex) => `    link/ether ${Array.from({ length: 6 }, () => hex(2)).join(':')} brd ff:ff:ff:ff:ff:ff`,
  // shells, programs
  (c) => `ada@ward7:~/feeds$ ssh ada@db${c.from(1, 9)}.example.org -p ${c.from(1000, 9999)}`,
  (c, hex) => `ada@ward7.example.org:~$ docker run --rm -e TZ=UTC img:${c.from(1, 9)}.${c.from(0, 20)} # ${hex(12)}`,
  (c) => `added ${c.from(1, 900)} packages, and audited ${c.digits(3)} packages in ${c.from(1, 59)}s; left-pad@1.3.${c.from(0, 9)}`,
  (c) => ` Test Files  ${c.from(1, 300)} passed (${c.digits(3)})   Duration  ${c.from(1, 900)}.${c.digits(2)}s`,
  (c) =>
    `INFO  [org.example.Feed] (thread-${c.from(1, 64)}) processed ${c.digits(7)} messages in ${c.digits(5)} ms, offset=${c.digits(12)}, epoch=17${c.digits(8)}`,
  (c) => `  "version": "${c.from(1, 9)}.${c.from(0, 30)}.${c.from(0, 30)}", "integrity": "sha512-${Buffer.from(c.digits(30)).toString('base64')}=="`,
  (c) => `CONSTRAINT feed_${c.digits(3)}_check CHECK (status = ANY (ARRAY['new'::text, 'sent'::text]))`,
  (c) => ` table_name | host_name | rows | ${c.digits(6)}`,
  (c) => `serial: ${c.digits(4)}-${c.digits(4)}-${c.digits(4)}-${c.digits(4)}  part no. ${c.digits(3)}-${c.digits(5)}-${c.digits(2)}`,
];

/** @param count of lines. */
export function ordinary(seed: number, count: number): string {
  const chance = new Chance(seed);
  const hex = (length: number): string => Array.from({ length }, () => chance.from(0, 15).toString(16)).join('');
  return Array.from({ length: count }, () => `${chance.pick(lines)(chance, hex)}\n`).join('');
}
