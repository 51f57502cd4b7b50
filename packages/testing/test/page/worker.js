// A service worker with a client of its own: it answers for the page, and sends again what may pass.
importScripts('/kit.js');

const { ky, retry } = self.kit;
const api = ky.extend(retry({ jitter: 'none', backoff: () => 20 }));
let seen = 0;

addEventListener('install', () => self.skipWaiting());
addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
addEventListener('fetch', (event) => {
  const { pathname } = new URL(event.request.url);
  if (pathname === '/seen') event.respondWith(Response.json({ seen }));
  if (!pathname.startsWith('/api/')) return;
  seen++;
  if (pathname === '/api/through-the-worker') event.respondWith(api(event.request));
  else if (pathname === '/api/refused-by-the-worker')
    event.respondWith(new Response('', { status: seen === 1 ? 503 : 200 }));
});
