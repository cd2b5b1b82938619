/**
 * Whether the desktop's keyring can be used. The keyring library connects on the caller's thread and waits as long as the bus
 * likes: a bus that does not answer would stop the whole app, so it is asked here first.
 */
import { sessionBusPath } from '../dbus/address.ts';
import { Bus, BusSilent, propertyIn, propertyOf } from '../dbus/bus.ts';

const secrets = 'org.freedesktop.secrets';
export type KeyringState = 'open' | 'locked' | 'no-bus' | 'no-service' | 'no-collection' | 'silent';

/** Asks for the default collection of the Secret Service and whether it is locked. Never takes longer than `ms`. */
export async function keyringState(env: Readonly<Record<string, string | undefined>>, ms: number): Promise<KeyringState> {
  const path = sessionBusPath(env);
  if (!path) return 'no-bus';
  const end = performance.now() + ms;
  const left = (): number => Math.max(1, end - performance.now());
  let bus: Bus | undefined;
  try {
    bus = await Bus.open(path, left());
    return await askKeyring(bus, left);
  } catch (error) {
    return error instanceof BusSilent ? 'silent' : 'no-bus';
  } finally {
    bus?.close();
  }
}

async function askKeyring(bus: Bus, left: () => number): Promise<KeyringState> {
  const alias = await bus.call(
    {
      destination: secrets,
      path: '/org/freedesktop/secrets',
      interface: 'org.freedesktop.Secret.Service',
      member: 'ReadAlias',
      arguments: ['default'],
    },
    left(),
  );
  if (alias.error !== undefined) return 'no-service';
  const collection = String(alias.values[0]);
  if (collection === '/') return 'no-collection';
  const locked = await bus.call(propertyOf(secrets, collection, 'org.freedesktop.Secret.Collection', 'Locked'), left());
  if (locked.error !== undefined) return 'no-collection';
  return propertyIn(locked) === false ? 'open' : 'locked';
}
