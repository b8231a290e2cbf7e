// The page for an address that nothing lies at: the stored questions nearest to the words of the address, as
// server/pages/views.py finds them.

import { load, loadIndex, SITE } from "./answerer.js";
import { addressOf } from "./following.js";

const WORDS = 20; // of the address
const QUESTIONS = 3;

async function showNearest(section) {
  const { ready } = await loadIndex();
  const { titles, languages, folders } = await load("related.json");
  const near = ready.withoutTranslations(ready.search(wordsOf(location.href))).slice(0, QUESTIONS);
  for (const { position } of near) {
    const link = Object.assign(document.createElement("a"), { href: addressOf(folders[position]), textContent: titles[position] });
    const item = section.querySelector("ul").appendChild(document.createElement("li"));
    item.lang = languages[position];
    item.append(link);
  }
  section.hidden = !near.length;
}

function wordsOf(address) {
  const path = new URL(address).pathname.slice(SITE.pathname.length);
  return (readable(path).match(/[\p{L}\p{N}]+/gu) ?? []).slice(-WORDS).join(" ");
}

function readable(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // `%` is no sign of an address here
  }
}

// Without them the page is still whole.
showNearest(document.querySelector("#nearest")).catch(() => {});
