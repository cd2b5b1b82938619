/**
 * RFC 5424 messages over TLS (RFC 5425): what heads of the ledger and events go out by.
 *
 * What "sent" means: the collector showed the pinned certificate, kept the connection for a second after it had our
 * messages, and ended it in order when we had ended our side. RFC 5425 has no acknowledgement, and less than that says nothing: a TLS
 * client may write before the server has judged its certificate, and rsyslog that refuses one closes the connection without
 * an alert. Where it closes before our messages reach it, the end comes within that second; where it closes with them
 * unread, its system resets the connection. Whether the collector stored them, only the collector can say, and
 * somebody who can cut the connection can fake an end in order (rsyslog sends no close_notify, so none can be asked for).
 */
import type { AnchorError } from './errors.ts';
import { closedEarly, openTls, whereOf, type ServerCertificate, type ServerRow, type TlsOptions } from './tls.ts';

/** 32473 is the number that RFC 5612 gives to those who have none of their own. */
export const SD_ID = 'wardmux@32473';
/** Longer than a round trip to any collector. */
export const QUIET_MS = 1000;
/** RFC 5425, section 4.1. */
export const SYSLOG_PORT = 6514;

/** RFC 5424: HOSTNAME is printable ASCII, 255 at most; "-" where there is none. */
export const hostOf = (host: string): string => host.replace(/[^!-~]/g, '').slice(0, 255) || '-';

/** Octet counting: RFC 5425, section 4.3. */
export function syslogFrame(message: string): Buffer {
  const bytes = Buffer.from(message, 'utf8');
  return Buffer.concat([Buffer.from(`${bytes.length} `, 'ascii'), bytes]);
}

interface DeliverOptions extends Pick<TlsOptions, 'network' | 'signal'> {
  readonly quietMs: number;
}

/**
 * Hands frames to a collector over a connection of their own.
 * @returns its certificate, when they are sent as the head of this file says. @throws AnchorError, or what the system says
 */
export async function deliverTo(row: ServerRow, frames: Buffer, { quietMs, ...options }: DeliverOptions): Promise<ServerCertificate> {
  const { socket, certificate } = await openTls(row, options);
  return new Promise((resolve, reject) => {
    let ending = false;
    let ended = false;
    let timer: NodeJS.Timeout | undefined;
    const early = (): AnchorError => closedEarly(whereOf(row));
    if (socket.destroyed) return void reject(early());
    socket.write(frames, () => {
      timer = setTimeout(() => {
        ending = true;
        socket.end();
      }, quietMs);
    });
    // What a collector says is not for us, but its end is.
    socket.resume();
    socket.on('end', () => {
      ended = true;
      if (!ending) socket.destroy(early());
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      if (ending && ended) resolve(certificate);
      else reject(early());
    });
  });
}
