// Loads what the search by meaning is made of: each file once, kept by the browser, checked, unpacked.

const CACHE = "faq-meaning";

/** Return the unpacked files by name, as ArrayBuffers; `told` hears which share of all bytes is there. Rejects. */
export async function loadFiles({ files }, told) {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let loaded = 0;
  const arrived = (bytes) => {
    loaded += bytes;
    told(Math.min(1, loaded / total));
  };
  const cache = await openCache();
  const read = await Promise.all(files.map(async (file) => [file.name, await loadFile(file, cache, arrived)]));
  await forgetOthers(cache, files);
  return Object.fromEntries(read);
}

/** Return the browser's cache, undefined where it refuses one: pages that are not secure, private windows. */
async function openCache() {
  try {
    return await globalThis.caches?.open(CACHE);
  } catch {
    return undefined;
  }
}

function addressOf({ address }) {
  return new URL(address, import.meta.url).href;
}

async function loadFile(file, cache, arrived) {
  const kept = await cache?.match(addressOf(file));
  if (kept) {
    const packed = await kept.arrayBuffer();
    if (await isWhole(packed, file)) {
      arrived(file.bytes);
      return unpacked(packed);
    }
  }
  const reply = await fetch(addressOf(file));
  if (!reply.ok) throw new Error(`${file.name}: ${reply.status}`);
  const packed = await received(reply, file.bytes, arrived);
  if (!(await isWhole(packed, file))) throw new Error(`${file.name}: other bytes than were exported`);
  await keep(cache, file, packed);
  return unpacked(packed);
}

async function received(reply, bytes, arrived) {
  const packed = new Uint8Array(bytes);
  let at = 0;
  const reader = reply.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (at + part.value.length > bytes) throw new Error(`more than ${bytes} bytes`);
    packed.set(part.value, at);
    at += part.value.length;
    arrived(part.value.length);
  }
  return packed.slice(0, at).buffer;
}

/** Say whether the bytes are those that were exported; by their number alone where the page is not secure. */
async function isWhole(packed, { bytes, sha256 }) {
  if (packed.byteLength !== bytes) return false;
  if (!globalThis.crypto?.subtle) return true;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", packed));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") === sha256;
}

async function keep(cache, file, packed) {
  try {
    await cache?.put(addressOf(file), new Response(packed, { headers: { "Content-Type": "application/octet-stream" } }));
  } catch {
    // Full: it is loaded again the next time.
  }
}

/** Let go of what an earlier export had. */
async function forgetOthers(cache, files) {
  const wanted = new Set(files.map(addressOf));
  const folders = new Set([...wanted].map((address) => address.replace(/\/assets\/[^/]+\/.*|\/model\/.*/, "/")));
  for (const { url } of (await cache?.keys()) ?? []) {
    const isOurs = [...folders].some((folder) => url.startsWith(folder));
    if (isOurs && !wanted.has(url)) await cache.delete(url);
  }
}

function unpacked(packed) {
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}
