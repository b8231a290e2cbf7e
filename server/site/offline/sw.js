// Keeps the site for readers without a network. Pages come from the network whenever there is one, so that a new export is
// seen at once; files whose address says their content come from what is kept. Encoder and index of the search by meaning
// are kept by the pages' own scripts (meaning/loading.js).

const SCOPE = new URL(self.registration.scope);
const OURS = `faq-site ${SCOPE.pathname} `; // several sites may lie on one host
const NAME = OURS + VERSION;

self.addEventListener("install", (event) => event.waitUntil(store()));
self.addEventListener("activate", (event) => event.waitUntil(forgetOthers(NAME).then(() => self.clients.claim())));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  const isBelow = address.origin === SCOPE.origin && address.pathname.startsWith(SCOPE.pathname);
  const path = address.pathname.slice(SCOPE.pathname.length);
  if (request.method !== "GET" || !isBelow || path.endsWith(".bin")) return; // as if nobody were here
  if (FILES.includes(path) && LASTING.test(path)) event.respondWith(kept(request));
  else if (STARTS.includes(path) || OWN.test(path)) event.respondWith(newest(event));
});

const LASTING = /^(?:assets|model)\//;
const OWN = /^(?:checks|pictures|q|topics)\//;

async function store() {
  const cache = await caches.open(NAME);
  await Promise.all(
    FILES.map(async (path) => {
      const address = new URL(path, SCOPE);
      const reply = await fetch(address, { cache: "no-cache" }); // of the same export as this file
      if (!reply.ok) throw new Error(`${path}: ${reply.status}`);
      await cache.put(address, await unredirected(reply));
    }),
  );
  await self.skipWaiting();
}

/** A browser shows no page that is kept as the end of a redirect. */
async function unredirected(reply) {
  return reply.redirected ? new Response(await reply.blob(), { headers: reply.headers }) : reply;
}

async function forgetOthers(name) {
  const names = await caches.keys();
  await Promise.all(names.filter((each) => each.startsWith(OURS) && each !== name).map((each) => caches.delete(each)));
}

async function kept(request) {
  const cache = await caches.open(NAME);
  return (await cache.match(request)) ?? fetch(request);
}

async function newest(event) {
  const { request } = event;
  const bare = new URL(request.url);
  bare.search = ""; // what was asked is for the page's script
  try {
    const reply = await fetch(request);
    if (reply.ok && !reply.redirected) event.waitUntil(keep(bare, reply.clone()));
    return reply;
  } catch (error) {
    const found = await (await caches.open(NAME)).match(bare);
    if (found) return found;
    throw error;
  }
}

async function keep(address, reply) {
  const text = reply.headers.get("Content-Type")?.startsWith("text/html") ? await reply.clone().text() : "";
  // A later export without this worker: its pages do not ask for it.
  if (text.includes("/conversing.js") && !text.includes("/offline.js")) return leave();
  await (await caches.open(NAME)).put(address, reply);
}

async function leave() {
  await self.registration.unregister();
  await forgetOthers("");
}
