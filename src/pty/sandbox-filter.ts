/**
 * What the kernel refuses to a shell in a sandbox. Keys of the session's keyring, as no namespace divides it: it would be a wire between all classes, with what
 * lies there. And, with the network, sockets that are not of the Internet: abstract Unix sockets (X11, D-Bus, agents) belong to the
 * machine's network namespace, no mount hides them, and many let in whoever has the account's user id. A classic BPF program for
 * bwrap(1) --seccomp; numbers: seccomp(2), linux/{seccomp,audit,filter,io_uring}.h, asm/unistd_64.h, asm-generic/unistd.h.
 */

/** By Node's name of the processor: linux/audit.h, and numbers of system calls. Others have no filter, and so no sandbox. */
const PROCESSORS: Readonly<Record<string, { readonly audit: number; readonly socket: number; readonly ring: number; readonly keys: readonly number[] }>> = {
  // socket(2), io_uring_setup(2), and add_key(2), request_key(2), keyctl(2).
  x64: { audit: 0xc000003e, socket: 41, ring: 425, keys: [248, 249, 250] },
  arm64: { audit: 0xc00000b7, socket: 198, ring: 425, keys: [217, 218, 219] },
};
/** AF_INET, AF_INET6, and AF_NETLINK, by which a program learns which addresses the machine has. */
const FAMILIES = [2, 10, 16] as const;

/** BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_JMP|JGE|K, BPF_RET|K. */
const [LOAD, EQUAL, FROM, RETURN] = [0x20, 0x15, 0x35, 0x06] as const;
/** Of struct seccomp_data; the first argument's lower half, as all processors of the table are little-endian. */
const [NUMBER, PROCESSOR, ARGUMENT] = [0, 4, 16] as const;
/** x32 has system calls of its own, from this number on. */
const X32 = 0x4000_0000;
const ALLOW = 0x7fff_0000;
/** SECCOMP_RET_ERRNO with ENOSYS, with EAFNOSUPPORT. */
const [NO_CALL, NO_FAMILY] = [0x0005_0026, 0x0005_0061] as const;

/** Code, how many to skip where it holds and where it does not, value. */
type Instruction = readonly [number, number, number, number];

/** Of socket(2), those that are not of FAMILIES; with the call's number loaded. */
const internetOnly = (socket: number): readonly Instruction[] => [
  [EQUAL, 1, 0, socket],
  [RETURN, 0, 0, ALLOW],
  [LOAD, 0, 0, ARGUMENT],
  ...FAMILIES.map((family, i) => [EQUAL, FAMILIES.length - i, 0, family] as const),
  [RETURN, 0, 0, NO_FAMILY],
];

/** @returns struct sock_filter[], or undefined for a processor that is not in the table */
export function sandboxFilter(processor: string, network: boolean): Buffer | undefined {
  const numbers = PROCESSORS[processor];
  if (!numbers) return undefined;
  const program: readonly Instruction[] = [
    // Calls of another processor's numbers (32-bit programs) would go past what follows.
    [LOAD, 0, 0, PROCESSOR],
    [EQUAL, 1, 0, numbers.audit],
    [RETURN, 0, 0, NO_CALL],
    [LOAD, 0, 0, NUMBER],
    [FROM, 0, 1, X32],
    [RETURN, 0, 0, NO_CALL],
    // A ring makes sockets without socket(2).
    ...[...numbers.keys, ...(network ? [numbers.ring] : [])].flatMap((number) => [[EQUAL, 0, 1, number] as const, [RETURN, 0, 0, NO_CALL] as const]),
    ...(network ? internetOnly(numbers.socket) : []),
    [RETURN, 0, 0, ALLOW],
  ];
  const bytes = Buffer.alloc(program.length * 8);
  for (const [i, [code, holds, not, value]] of program.entries()) {
    bytes.writeUInt16LE(code, i * 8);
    bytes.writeUInt8(holds, i * 8 + 2);
    bytes.writeUInt8(not, i * 8 + 3);
    bytes.writeUInt32LE(value, i * 8 + 4);
  }
  return bytes;
}
