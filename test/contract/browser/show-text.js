/** Shows a secret given in two halves, forty times; resolves when it has been painted. Called with the halves. */
(first, second) =>
  new Promise((resolve) => {
    for (let i = 0; i < 40; i++) {
      const line = document.createElement('p');
      line.textContent = `line ${i} ${first}${second} end`;
      document.body.append(line);
    }
    requestAnimationFrame(() => requestAnimationFrame(resolve));
  });
