import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** Listening TCP sockets (`address:port` in hex, as in /proc/net/tcp) that any of the processes holds. */
export function listeningSockets(pids: readonly number[]): string[] {
  const listening = new Map<string, string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    let text = '';
    try {
      text = readFileSync(table, 'utf8');
    } catch {
      continue;
    }
    for (const line of text.split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      // State 0A is LISTEN; the inode is the tenth field.
      if (fields[3] === '0A') listening.set(`socket:[${fields[9]}]`, fields[1]!);
    }
  }
  const found: string[] = [];
  for (const pid of pids) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        const address = listening.get(readlinkSync(`/proc/${pid}/fd/${fd}`));
        if (address) found.push(address);
      }
    } catch {
      // The process, or the descriptor, has gone in the meantime.
    }
  }
  return found;
}
