/** From what a recorder reports to what the ledger remembers. */
import type { RecordingNotice } from '../recording/types.ts';
import type { AuditEntry } from './events.ts';

type FailureCause = Extract<AuditEntry, { readonly action: 'recording.failed' }>['detail']['reason'];

/** A recorder's reason is a sentence or an errno; the ledger keeps one word of a fixed list, so no text slips in. */
function failureCause(reason: string): FailureCause {
  if (/\(MOVED\)/.test(reason)) return 'moved';
  if (/ENOSPC|EDQUOT|disk.?full|no space/i.test(reason)) return 'disk-full';
  if (/EROFS|read.?only/i.test(reason)) return 'read-only';
  if (/EIO\b|io-error|input\/output/i.test(reason)) return 'io-error';
  if (/EACCES|EPERM|permission/i.test(reason)) return 'permission';
  if (/gone|killed|exited/i.test(reason)) return 'process-gone';
  return 'other';
}

/** The ledger entry of a recording's notice. */
export function noticeEntry(notice: RecordingNotice): AuditEntry {
  if (notice.kind === 'heads') return { action: 'recording.heads', heads: notice.heads.map(({ recording, head }) => ({ recording, ...head })) };
  const { recording } = notice;
  switch (notice.kind) {
    case 'start':
      return {
        action: 'recording.start',
        person: notice.person,
        detail: {
          recording,
          recipients: [...notice.recipients],
          policySha256: notice.policySha256,
          role: notice.access.role,
          class: notice.access.class,
          reason: notice.access.reason,
          ...(notice.access.breakGlass === null ? {} : { breakGlass: notice.access.breakGlass }),
          ...(notice.sessionClass === undefined ? {} : { sessionClass: notice.sessionClass }),
        },
      };
    case 'segment':
      return {
        action: 'recording.segment',
        detail: { recording, segment: notice.segment, firstSeq: notice.firstSeq, size: notice.head.size, root: notice.head.root },
      };
    case 'end':
      return {
        action: 'recording.end',
        detail: {
          recording,
          reason: notice.reason,
          size: notice.head.size,
          root: notice.head.root,
          outputBytes: notice.outputBytes,
          durationMs: Math.round(notice.durationMs),
        },
      };
    case 'failed':
      return { action: 'recording.failed', detail: { recording, reason: failureCause(notice.reason), size: notice.head.size, root: notice.head.root } };
  }
}
