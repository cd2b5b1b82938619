/** verify.py: the second verifier, which an auditor gets from the installation and never from a bundle. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ExportError } from './error.ts';
import { sha256 } from '../merkle/sha256.ts';

/** It stands in assets/, beside the built program and beside src/ in the source. The nearest one is ours. @throws ExportError 'no-verifier' */
export function readVerifier(): Buffer {
  for (const place of ['./assets/verify.py', '../assets/verify.py', '../../assets/verify.py']) {
    const path = fileURLToPath(new URL(place, import.meta.url));
    if (existsSync(path)) return readFileSync(path);
  }
  throw new ExportError('no-verifier', 'This installation of Wardmux is incomplete: assets/verify.py is missing. Install it again.');
}

/** SHA-256 of our verify.py, lower-case hex: what trust.json names. */
export function verifierSha256(): string {
  return sha256(readVerifier()).toString('hex');
}
