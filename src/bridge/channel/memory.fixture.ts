/** A process with a peer's end of a channel, whose memory is then read: for memory.test.ts. It opens what it is sent, and wipes that. */
import { PeerChannel } from './node.ts';

let channel: PeerChannel;
process.on('message', ({ key, frame }: { key?: string; frame?: string }) => {
  if (key !== undefined) {
    channel = new PeerChannel(Buffer.from(key, 'hex'));
    process.send!(Buffer.from(channel.publicKey).toString('hex'));
  }
  if (frame !== undefined) {
    const plain = channel.open(Buffer.from(frame, 'hex'));
    plain.fill(0);
    process.send!('opened');
  }
});
