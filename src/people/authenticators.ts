/**
 * Names of authenticator models by their AAGUID, for the commonest in a hospital: makers' published values, as the FIDO metadata and
 * the passkey providers' list have them. A convenience for people: an authenticator says its model itself, and nothing is decided by it.
 */
const yubikey5 = 'YubiKey 5 Series';
const windowsHello = 'Windows Hello';

const models: Readonly<Record<string, string>> = {
  'cb69481e-8ff7-4039-93ec-0a2729a154a8': yubikey5,
  'ee882879-721c-4913-9775-3dfcce97072a': yubikey5,
  '2fc0579f-8113-47ea-b116-bb5a8db9202a': yubikey5,
  'fa2b99dc-9e39-4257-8f92-4a30d23c4118': yubikey5,
  'c5ef55ff-ad9a-4b9f-b580-adebafe026d0': yubikey5,
  '08987058-cadc-4b81-b6e1-30de50dcbe96': windowsHello,
  '9ddd1817-af5a-4672-a2b9-3e3dd95000a9': windowsHello,
  '6028b017-b1d4-4c02-b4b3-afcdafc96bb2': windowsHello,
  'fbfc3007-154e-4ecc-8c0b-6e020557d7bd': 'iCloud Keychain',
  'dd4ec289-e01d-41c9-bb89-70fa845d4bf2': 'iCloud Keychain (managed)',
  'ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4': 'Google Password Manager',
  'adce0002-35bc-c60a-648b-0b25f1f05503': 'Chrome on Mac',
  'bada5566-a7aa-401f-bd96-45619a55120d': '1Password',
  'd548826e-79b4-db40-a3d8-11116f7e8349': 'Bitwarden',
};

/** @returns the model's name; its id where we have none; `not told` where the authenticator, or the browser for it, keeps it back. */
export function modelOf(aaguid: string): string {
  if (/^[0-]*$/.test(aaguid)) return 'not told';
  return models[aaguid] ?? `model ${aaguid}`;
}
