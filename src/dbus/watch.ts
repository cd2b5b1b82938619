/** Signals of a bus, heard for as long as somebody wants them, through every end of the bus and of whoever sends them. */
import { Bus, busName, ofBus } from './bus.ts';
import { valuesOf, type Message } from './message.ts';
import type { Value } from './values.ts';

/** For each answer of the bus: it is on this machine, and a busy machine is slow. */
const BUS_MS = 5000;
/** A bus that is not there is looked for again after a second, then after twice as long each time, up to a minute: a bus that is started again is back within seconds. */
const RETRY_MS = { first: 1000, longest: 60_000 };

export interface SignalMatch {
  /** A name on the bus, of the service and not of a connection. */
  readonly sender: string;
  /** Any object of the sender's where there is none. */
  readonly path?: string;
  readonly interface: string;
  readonly member: string;
}

/**
 * Tells `heard` each signal that one of `rows` names, with its values. A bus lets everybody send any signal straight to us,
 * whatever we asked it for: a signal counts when it is from the connection that has the row's name on the bus just then.
 * While there is no bus, nothing is heard.
 */
export function watchBus<Row extends SignalMatch>(
  path: string,
  rows: readonly Row[],
  heard: (row: Row, values: readonly Value[]) => void,
  retryMs: typeof RETRY_MS = RETRY_MS,
): { close(): void } {
  let bus: Bus | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let delay = retryMs.first;

  async function connect(): Promise<void> {
    const owners = new Map<string, string>();
    try {
      bus = await Bus.open(path, BUS_MS, (message) => take(message, owners));
      if (closed) bus.close();
      for (const sender of new Set(rows.map((row) => row.sender))) await follow(bus, sender, owners);
      for (const row of rows) await match(bus, row);
      delay = retryMs.first;
      await bus.ended;
    } catch {
      // No bus, or one that does not let us listen: it is tried again.
    }
    bus?.close();
    if (closed) return;
    timer = setTimeout(() => void connect(), delay);
    timer.unref();
    delay = Math.min(delay * 2, retryMs.longest);
  }

  function take(message: Message, owners: Map<string, string>): void {
    if (message.type !== 'signal' || message.sender === undefined) return;
    if (message.sender === busName && message.member === 'NameOwnerChanged') {
      const [name, , owner] = (said(message) ?? []) as readonly string[];
      if (name !== undefined && owner !== undefined) owners.set(name, owner);
      return;
    }
    // What a stranger says is not even read.
    for (const row of rows) {
      if (owners.get(row.sender) !== message.sender || !isOf(message, row)) continue;
      const values = said(message);
      if (values) heard(row, values);
    }
  }

  void connect();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      bus?.close();
    },
  };
}

/** Keeps in `owners` which connection has `name`: '' where none has. */
async function follow(bus: Bus, name: string, owners: Map<string, string>): Promise<void> {
  await match(bus, { sender: busName, interface: busName, member: 'NameOwnerChanged' }, name);
  const { error, values } = await bus.call(ofBus('GetNameOwner', name), BUS_MS);
  // A change that came meanwhile is as new as the answer, or newer.
  if (!owners.has(name)) owners.set(name, error === undefined ? (values[0] as string) : '');
}

async function match(bus: Bus, row: SignalMatch, firstArgument?: string): Promise<void> {
  const rule = { type: 'signal', sender: row.sender, path: row.path, interface: row.interface, member: row.member, arg0: firstArgument };
  const text = Object.entries(rule).flatMap(([key, value]) => (value === undefined ? [] : [`${key}='${value}'`]));
  const { error } = await bus.call(ofBus('AddMatch', text.join(',')), BUS_MS);
  if (error !== undefined) throw new Error(`the bus takes no match: ${error}`);
}

/** Undefined for what is no signal in D-Bus's own language. */
function said(message: Message): readonly Value[] | undefined {
  try {
    return valuesOf(message);
  } catch {
    return undefined;
  }
}

const isOf = (message: Message, row: SignalMatch): boolean =>
  message.interface === row.interface && message.member === row.member && (row.path === undefined || message.path === row.path);
