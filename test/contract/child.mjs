/** A child for the contract tests: gives messages back, and ends when main is gone, as the real ones do. */
process.on('message', (message) => {
  if (message?.do === 'exit') process.exit(message.code);
  if (message?.do === 'environment') process.send({ environment: Object.keys(process.env), execArgv: process.execArgv });
  else process.send({ echo: message });
});
process.on('disconnect', () => process.exit(0));
process.send({ type: 'ready' });
