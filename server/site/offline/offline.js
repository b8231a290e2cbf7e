// Lets the browser keep the site: registers the service worker at its top, after all that the reader waits for.

if ("serviceWorker" in navigator && !navigator.connection?.saveData) {
  const address = new URL("../../sw.js", import.meta.url);
  const register = () => navigator.serviceWorker.register(address, { updateViaCache: "none" }).catch(() => {}); // refused
  if (document.readyState === "complete") register();
  else window.addEventListener("load", register);
}
