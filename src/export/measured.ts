/** Made by `npm run bench -- --redaction`. */
export const measured = {
  version: '1.3.0',
  recall: {
    ssn: 1,
    mrn: 1,
    visit: 1,
    dob: 1,
    phone: 1,
    email: 1,
    mbi: 1,
    dea: 1,
    member: 1,
    name: 0.997,
    hl7: 1,
    fhir: 1,
    columns: 1,
    x12: 1,
    'private-key': 1,
    'cloud-key': 1,
    jwt: 1,
    password: 1,
  },
} as const;
