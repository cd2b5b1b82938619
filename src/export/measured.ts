/** Made by `npm run bench -- --redaction`. */
export const measured = { version: '', recall: {} } as const;
