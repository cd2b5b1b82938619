/** Where the buses are (D-Bus Specification 0.43, "Server Addresses"). */
import { join } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/** The socket of the system bus. */
export function systemBusPath(env: Env): string {
  const address = env['DBUS_SYSTEM_BUS_ADDRESS'];
  return (address && sessionBusPath({ DBUS_SESSION_BUS_ADDRESS: address })) || '/run/dbus/system_bus_socket';
}

/** The socket of the session bus, or undefined where there is none that can be asked. */
export function sessionBusPath(env: Env): string | undefined {
  const runtime = env['XDG_RUNTIME_DIR'] ? join(env['XDG_RUNTIME_DIR'], 'bus') : undefined;
  const address = env['DBUS_SESSION_BUS_ADDRESS'];
  if (!address) return runtime;
  for (const entry of address.split(';')) {
    if (!entry.startsWith('unix:')) continue;
    const values = new Map(entry.slice('unix:'.length).split(',').map((pair) => [pair.slice(0, pair.indexOf('=')), unescapeValue(pair.slice(pair.indexOf('=') + 1))])); // prettier-ignore
    if (values.has('path')) return values.get('path');
    if (values.has('abstract')) return `\0${values.get('abstract')}`;
    if (values.get('runtime') === 'yes') return runtime;
  }
  return undefined;
}

function unescapeValue(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
