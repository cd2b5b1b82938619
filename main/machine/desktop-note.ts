/**
 * A notification of the desktop (Desktop Notifications Specification 1.2, org.freedesktop.Notifications), over the session's bus. The desktop keeps it and
 * may show it over a lock of its own, so what is given here is for everybody who passes.
 */
import { sessionBusPath } from '../../src/dbus/address.ts';
import { Bus, type Call } from '../../src/dbus/bus.ts';
import { Variant } from '../../src/dbus/values.ts';

/** A desktop that does not answer within this (ms) shows nothing. */
const BUS_MS = 2000;
/** Urgency, a byte: normal, critical. */
const urgencies = { warn: 1, page: 2 } as const;

export interface DesktopNote {
  readonly summary: string;
  readonly body: string;
  readonly urgency: keyof typeof urgencies;
  /** Number of the one that it takes the place of; 0 for none. */
  readonly replaces: number;
}

const notifyCall = ({ summary, body, urgency, replaces }: DesktopNote): Call => ({
  destination: 'org.freedesktop.Notifications',
  path: '/org/freedesktop/Notifications',
  interface: 'org.freedesktop.Notifications',
  member: 'Notify',
  signature: 'susssasa{sv}i',
  arguments: ['Wardmux', replaces, '', summary, body, [], [['urgency', new Variant('y', urgencies[urgency])]], -1],
  noAutoStart: true,
});

/** Shows it where there is a desktop. @returns its number; 0 where nobody shows it */
export async function notifyDesktop(env: Readonly<Record<string, string | undefined>>, note: DesktopNote): Promise<number> {
  const path = sessionBusPath(env);
  if (path === undefined) return 0;
  let bus: Bus | undefined;
  try {
    bus = await Bus.open(path, BUS_MS);
    const { error, values } = await bus.call(notifyCall(note), BUS_MS);
    return error === undefined && typeof values[0] === 'number' ? values[0] : 0;
  } catch {
    return 0;
  } finally {
    bus?.close();
  }
}
