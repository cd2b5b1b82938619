/** A real dbus-daemon of a test's own, and services on it that say what the test says. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bus, ofBus } from './bus.ts';
import { valuesOf, type Message } from './message.ts';
import type { Value } from './values.ts';

const CALL_MS = 10_000;

/** Why a real bus cannot be tried here, or undefined. */
export const noBus = spawnSync('dbus-daemon', ['--version']).error ? 'no real bus is tried, because dbus-daemon is not installed' : undefined;

export interface TestBus {
  /** The socket. */
  readonly path: string;
  /** For DBUS_SESSION_BUS_ADDRESS or DBUS_SYSTEM_BUS_ADDRESS. */
  readonly address: string;
  /** Resolves when it has ended. */
  stop(): Promise<void>;
}

/** A bus where everybody may do everything, and that starts nobody. `folder`: where another one was that has ended. */
export async function startBus(folder = mkdtempSync(join(tmpdir(), 'bus-'))): Promise<TestBus> {
  const path = join(folder, 'bus');
  const address = `unix:path=${path}`;
  const config = join(folder, 'bus.conf');
  const policy = '<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>';
  writeFileSync(
    config,
    `<busconfig><type>session</type><listen>${address}</listen><auth>EXTERNAL</auth><policy context="default">${policy}</policy></busconfig>`,
  );
  const daemon = spawn('dbus-daemon', [`--config-file=${config}`, '--nofork', '--print-address'], { stdio: ['ignore', 'pipe', 'pipe'] });
  // It complains of limits that an account cannot raise, and goes on.
  let complaint = '';
  daemon.stderr.on('data', (text: Buffer) => (complaint += text.toString()));
  const ended = new Promise<void>((resolve) => daemon.once('exit', () => resolve()));
  // It prints its address when it listens.
  await new Promise((resolve, reject) => {
    daemon.stdout.once('data', resolve);
    daemon.once('error', reject);
    daemon.once('exit', () => reject(new Error(`dbus-daemon has ended: ${complaint}`)));
  });
  return {
    path,
    address,
    async stop() {
      daemon.kill();
      await ended;
    },
  };
}

/** What a service answers, by `interface.member`: signature and values of the answer. Whatever else it is asked is an error. */
export type Answers = Readonly<Record<string, (given: readonly Value[], call: Message) => readonly [signature: string, values: readonly Value[]]>>;

export interface TestService {
  /** Sends a signal to whoever has asked for it, or to one connection. */
  signal(path: string, name: string, signature?: string, values?: readonly Value[], destination?: string): void;
  /** Every connection of the bus, its own among them. */
  connections(): Promise<readonly string[]>;
  /** Leaves the bus, and with it the name. */
  stop(): void;
}

/** A service of this name on a bus. Without a name: somebody who is on the bus. */
export async function serve(path: string, name?: string, answers: Answers = {}): Promise<TestService> {
  const bus: Bus = await Bus.open(path, CALL_MS, (call) => {
    if (call.type !== 'call') return;
    const back = { replySerial: call.serial, destination: call.sender };
    const answer = answers[`${call.interface}.${call.member}`];
    if (answer === undefined) return void bus.send({ type: 'error', errorName: 'org.freedesktop.DBus.Error.UnknownMethod', ...back });
    const [signature, values] = answer(valuesOf(call), call);
    bus.send({ type: 'return', ...back, signature: signature || undefined, values });
  });
  if (name !== undefined) {
    const { destination, path: busPath, interface: busInterface } = ofBus('RequestName');
    bus.send({ type: 'call', destination, path: busPath, interface: busInterface, member: 'RequestName', signature: 'su', values: [name, 0] });
    // The bus answers one call after the other, so it has the name when this has its answer.
    const { error } = await bus.call(ofBus('GetNameOwner', name), CALL_MS);
    if (error !== undefined) throw new Error(`the bus does not give the name ${name}: ${error}`);
  }
  return {
    connections: async () => ((await bus.call(ofBus('ListNames'), CALL_MS)).values[0] as readonly string[]).filter((each) => each.startsWith(':')),
    signal(object, signal, signature, values, destination) {
      const dot = signal.lastIndexOf('.');
      bus.send({ type: 'signal', path: object, interface: signal.slice(0, dot), member: signal.slice(dot + 1), signature, values, destination });
    },
    stop: () => bus.close(),
  };
}
