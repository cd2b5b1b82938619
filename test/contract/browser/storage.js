(async () => {
  const tried = async (use) => {
    try {
      return await use();
    } catch {
      return 'refused';
    }
  };
  document.cookie = 'kept=1; Secure';
  return {
    local: await tried(() => localStorage.setItem('kept', '1')),
    session: await tried(() => sessionStorage.setItem('kept', '1')),
    cookie: document.cookie,
    caches: await tried(() => caches.open('kept').then(() => 'kept')),
    database: await tried(
      () =>
        new Promise((resolve, reject) => {
          const request = indexedDB.open('kept');
          request.onsuccess = () => resolve('kept');
          request.onerror = () => reject(request.error);
        }),
    ),
    files: await tried(() => navigator.storage.getDirectory().then(() => 'kept')),
    workers: await tried(() => navigator.serviceWorker.register('/page.js').then(() => 'kept')),
  };
})();
