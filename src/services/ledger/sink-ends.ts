/** That a certificate ends soon which a sink hangs on is an event: each once a week, whichever process says so. */
import type { ServerCertificate } from '../../anchors/tls.ts';
import type { AuditEntry } from '../../ledger/events.ts';
import { LedgerView } from '../../ledger/view.ts';
import { endingSoon, type CertificateEnd } from '../../sinks/ends.ts';
import type { SinkRow } from '../../sinks/kinds.ts';
import { DAY_MS } from '../../types/units.ts';
import type { OpenInstallation } from '../installation/installation.ts';

/** An end that comes nearer is told once a week. */
const TELL_END_MS = 7 * DAY_MS;
/** Events that are read at once. */
const READ = 5000;

interface EndParts {
  readonly site: OpenInstallation;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly enter: (entry: Extract<AuditEntry, { readonly action: 'sink.certificate' }>) => Promise<void>;
}

/** Enters which certificates of a sink end soon, each once a week, whichever process says so. */
export async function tellEnds(row: SinkRow, { site, now, enter }: EndParts, certificate: ServerCertificate): Promise<void> {
  const ends = await endingSoon(row, certificate, now());
  if (ends.length === 0) return;
  const told = await toldEnds(row, site, now() - TELL_END_MS);
  for (const { which, until } of ends)
    if (!told.some((each) => each.which === which && each.until === until))
      await enter({ action: 'sink.certificate', detail: { sink: row.name, kind: row.kind, which, until } });
}

/** What was entered of them since then, from the end of the ledger back. */
async function toldEnds(row: SinkRow, { home, noteKey }: OpenInstallation, since: number): Promise<Partial<CertificateEnd>[]> {
  const view = await LedgerView.open(home.ledger, noteKey);
  const told: Partial<CertificateEnd>[] = [];
  try {
    for (let to = view?.events ?? 0; view && to > 0; to -= READ) {
      const events = await view.between(Math.max(0, to - READ), to);
      for (const { event } of events)
        if (event.action === 'sink.certificate' && event.detail?.['sink'] === row.name && Date.parse(event.time) >= since) told.push(event.detail);
      if (Date.parse(events[0]!.event.time) < since) break;
    }
    return told;
  } finally {
    view?.close();
  }
}
