/**
 * What leaves a process, and nothing beside it. Structured clones, and so Electron's messages and its context bridge, write
 * the whole ArrayBuffer behind a view (HTML, StructuredSerializeInternal; V8's ValueSerializer): a sealed frame of 57 bytes
 * that lies in Node's pool of small buffers would take 64 KiB of what else lies there along, a passphrase perhaps.
 */

/** The bytes with a memory of their own: themselves where that is so, else a copy. */
export function ownMemory(bytes: Uint8Array): Uint8Array {
  return ownsMemory(bytes) ? bytes : new Uint8Array(bytes);
}

/** True where a view shows all of its memory. */
export function ownsMemory(view: ArrayBufferView): boolean {
  return view.byteLength === view.buffer.byteLength;
}

/** A message of plain objects and arrays in which every view has a memory of its own. What needs no copy is not copied. */
export function ownMessage(message: unknown): unknown {
  if (typeof message !== 'object' || message === null) return message;
  if (ArrayBuffer.isView(message)) {
    if (ownsMemory(message)) return message;
    return new Uint8Array(message.buffer, message.byteOffset, message.byteLength).slice();
  }
  if (Array.isArray(message)) return message.every(isOwnMessage) ? message : message.map(ownMessage);
  if (!isPlain(message) || isOwnMessage(message)) return message;
  return Object.fromEntries(Object.entries(message).map(([key, value]) => [key, ownMessage(value)]));
}

/** True where no view in the message has a memory that is larger than itself. */
export function isOwnMessage(message: unknown): boolean {
  if (typeof message !== 'object' || message === null) return true;
  if (ArrayBuffer.isView(message)) return ownsMemory(message);
  if (Array.isArray(message)) return message.every(isOwnMessage);
  return !isPlain(message) || Object.values(message).every(isOwnMessage);
}

/** Dates and the like hold no views. Our messages hold no maps and sets. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
