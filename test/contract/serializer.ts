/**
 * What crosses between Electron's processes: V8's serializer as it is. It writes the whole ArrayBuffer behind a view, which
 * Node's own (`v8.serialize`, `child_process.fork`) does not: those write what the view shows.
 */
import { Deserializer, Serializer } from 'node:v8';

/** What leaves a process. */
export function pack(value: unknown): Buffer {
  const serializer = new Serializer();
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

export function unpack(bytes: Uint8Array): unknown {
  const deserializer = new Deserializer(bytes);
  deserializer.readHeader();
  return deserializer.readValue();
}

/** What the other side gets. */
export const cross = (value: unknown): unknown => unpack(pack(value));
