/**
 * What is said in the forward protocol of Fluent, version 1 (https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1): the handshake with a key that both sides have,
 * events in the forward mode, and their acknowledgement. Pure.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { AnchorError } from '../anchors/errors.ts';
import { EventTime, pack, unpack, type Packed } from './msgpack.ts';

/** An answer has some hundred bytes. */
const MAX_BYTES = 16 * 1024;

/** Values of a server, in whichever pieces they come. */
export class FluentReader {
  #bytes: Buffer = Buffer.alloc(0);

  /** @throws AnchorError where it is no MessagePack of this protocol, or longer than an answer */
  push(bytes: Buffer): Packed[] {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    const values: Packed[] = [];
    try {
      for (let next = unpack(this.#bytes); next; next = unpack(this.#bytes)) {
        values.push(next.value);
        this.#bytes = this.#bytes.subarray(next.length);
      }
    } catch (error) {
      throw new AnchorError('bad-answer', `The server speaks no Fluent forward protocol (${(error as Error).message}).`);
    }
    if (this.#bytes.length > MAX_BYTES) throw new AnchorError('bad-answer', 'The server says more than an answer has.');
    return values;
  }
}

const bytesOrText = z.union([z.string().max(256), z.instanceof(Uint8Array).refine((bytes) => bytes.length <= 256)]);
const helo = z.tuple([z.literal('HELO'), z.object({ nonce: bytesOrText, auth: bytesOrText.optional() })]).rest(z.unknown());
const pong = z.tuple([z.literal('PONG'), z.boolean(), z.string().max(1024), z.string().max(256), z.string().max(128)]).rest(z.unknown());
const ack = z.object({ ack: z.string().max(256) });

interface Helo {
  readonly nonce: Buffer;
  /** It wants a user with a password beside the key. */
  readonly wantsUser: boolean;
}

const bytesOf = (value: string | Uint8Array): Buffer => (typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(value));

/** Undefined where it is none. */
export function heloOf(value: Packed): Helo | undefined {
  const found = helo.safeParse(value).data?.[1];
  return found && { nonce: bytesOf(found.nonce), wantsUser: bytesOf(found.auth ?? '').length > 0 };
}

interface Shared {
  readonly key: string;
  readonly nonce: Buffer;
  /** Of this side, fresh for each connection. */
  readonly salt: Buffer;
}

const digestOf = (host: string, { key, nonce, salt }: Shared): string =>
  createHash('sha512').update(salt).update(host, 'utf8').update(nonce).update(key, 'utf8').digest('hex');

export const pingBytes = (host: string, shared: Shared): Buffer => pack(['PING', host, shared.salt, digestOf(host, shared), '', '']);

/** What a server answers to a PING: `known` where it has shown that it has the key too, else in its words why it lets nobody in; undefined where it is no answer. */
export function pongOf(value: Packed, host: string, shared: Shared): { readonly lets: boolean; readonly known: boolean; readonly reason: string } | undefined {
  const found = pong.safeParse(value).data;
  if (!found) return undefined;
  const [, lets, reason, server, digest] = found;
  const [ours, theirs] = [Buffer.from(digestOf(server, shared)), Buffer.from(digest)];
  // Under our own name our own digest would do, which it has just heard.
  const known = server !== host && ours.length === theirs.length && timingSafeEqual(ours, theirs);
  return { lets, known, reason };
}

export const ackOf = (value: Packed): string | undefined => ack.safeParse(value).data?.ack;

export interface FluentEntry {
  /** ISO 8601 UTC. */
  readonly time: string;
  /** One line of JSON: an object. */
  readonly line: string;
}

/** Events in the forward mode. @param chunk by which they are acknowledged */
export const forwardBytes = (tag: string, entries: readonly FluentEntry[], chunk: string): Buffer =>
  pack([tag, entries.map(({ time, line }) => [new EventTime(Date.parse(time)), JSON.parse(line) as Packed]), { chunk, size: entries.length }]);
