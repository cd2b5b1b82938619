/** Tries in a page what must not work there, and says how each went. Evaluated as one expression. */
(async () => {
  const tried = async (work) => {
    try {
      await work();
      return 'allowed';
    } catch {
      return 'refused';
    }
  };
  const image = (url) =>
    new Promise((resolve, reject) => {
      const element = document.createElement('img');
      element.onload = resolve;
      element.onerror = reject;
      element.src = url;
    });
  const state = async (name) => (await navigator.permissions.query({ name })).state;
  return {
    secure: isSecureContext,
    isolated: crossOriginIsolated,
    fetch: await tried(() => fetch('/page.js')),
    // The one folder that may be asked for holds nothing but what the core has put there for this page, once.
    frame: (await fetch('/frames/1')).status,
    image: await tried(() => image('https://example.org/a.png')),
    parent: await tried(() => image('/%2e%2e/suite.png')),
    evaluate: await tried(async () => new Function('return 1')()),
    html: await tried(async () => (document.body.innerHTML = '<b>x</b>')),
    serviceWorker: await tried(() => navigator.serviceWorker.register('/page.js')),
    popup: window.open('https://wardmux.localhost/lock.html') === null ? 'refused' : 'opened and closed',
    confirm: window.confirm('really?'),
    geolocation: await state('geolocation'),
    notifications: await state('notifications'),
    camera: await state('camera'),
    clipboard: await state('clipboard-read'),
  };
})();
