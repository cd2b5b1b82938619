/**
 * What no word for ssh may hold: control characters, and what begins or ends a quoted word of its configuration or of sh. Of quotes both kinds: ssh knows
 * the single one too, which is not read here. Every word is quoted where it is put all the same.
 */
export const UNSAFE = /[\p{Cc}\p{Cf}"'\\]/u;
