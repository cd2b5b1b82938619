/** A program for sh that asks a terminal something and keeps what it answers, for a test of a real terminal. */

/**
 * Of a terminal in raw mode. A terminal answers in the order in which it is asked: so behind what is of interest it is asked whether it is there (DSR 5, which
 * every one answers with CSI 0 n), and that answer ends it, however long the terminal takes on a busy machine.
 */
export const probeStart = String.raw`stty raw -echo
hear() { : > "$1"; printf '\033[5n'; while :; do dd bs=1 count=1 2>/dev/null >> "$1"; case "$(tail -c 4 "$1")" in *'[0n') break ;; esac; done; }
`;

/** What `hear` ends with. */
export const THERE = '\x1b[0n';

/** Asks for the shape of the cursor (DECRQSS), and keeps the answer. @param file its name */
export const askCursor = (file: string): string => String.raw`printf '\033P$q q\033\\'; hear ${file}
`;
