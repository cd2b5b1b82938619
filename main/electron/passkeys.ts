/** What passkeys cannot do in Electron. No import of Electron: the tests have none. */

/**
 * Read in Electron's source (shell/browser/webauthn/, docs/api/app.md, configureWebAuthn): its request delegate has no question
 * for a PIN, so an authenticator that verifies by PIN is refused; on Windows the system asks. Apple's authenticators have to be
 * configured with an app's entitlements, and ignore the prf extension.
 * @returns a sentence for the pages, or undefined where nothing is known
 */
export function passkeyLimit(platform: NodeJS.Platform): string | undefined {
  return limits[platform];
}

const limits: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  linux:
    'In this window (Electron) a security key that asks for a PIN does not work: nothing can ask you for the PIN. One with a fingerprint reader may; the passphrase does; Wardmux in Chromium takes both.',
  darwin:
    'In this window (Electron) Touch ID and iCloud Keychain give no secret (PRF), and a security key that asks for a PIN does not work. The passphrase does; Wardmux in Chrome may take them.',
};
