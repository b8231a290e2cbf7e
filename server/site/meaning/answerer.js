// Answers by meaning once the encoder is there, and by words until then: what search.js asks in place of a server. The
// encoder and the ranking run in a worker; this half says how far they are and fetches the answers' texts.

import * as words from "../answerer.js";
import { element } from "../search.js";

// The shortest module with an instruction on 128 bits, by which WebAssembly's SIMD is known.
const SIMD = [
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
];
const boxes = new Map(); // each with the line below it
let manifest;
let worker; // while one runs or loads
let isReady = false;
let told = { share: 0 };
let asked = 0;
const waiting = new Map(); // by number of the question

/** Start to load the encoder, where the reader's browser can run it and wants no less to be loaded. */
export function prepare(box) {
  if (!boxes.has(box)) boxes.set(box, box.form.appendChild(element("p", { class: "notice" })));
  if (!worker && isWanted()) load();
  show();
}

function isWanted() {
  const canRun = globalThis.WebAssembly?.validate(Uint8Array.from(SIMD)) && "DecompressionStream" in globalThis;
  return canRun && !navigator.connection?.saveData;
}

/** Return the answer document of a question. Rejects when a file cannot be loaded. */
export async function ask(question, box) {
  if (!boxes.has(box)) prepare(box);
  const found = isReady && (await reply(question, box.said ?? []).catch(() => null)); // of a worker that stopped nothing comes
  if (!found) return words.ask(question, box);
  const { shard_records: size } = await manifest;
  const document = (one) => words.answerDocument(one, size, sentenceOf);
  return { ...(await document(found)), others: await Promise.all((found.others ?? []).map(document)) };
}

/** Return the sentence that the worker found, by its characters as Python counts them. */
function sentenceOf({ sentence }, text) {
  return sentence ? [...text].slice(sentence.start, sentence.end).join("") : "";
}

function reply(question, said) {
  asked += 1;
  worker.postMessage({ number: asked, question, said });
  return new Promise((resolve, reject) => waiting.set(asked, { resolve, reject }));
}

function load() {
  told = { share: 0 };
  manifest = fetch(new URL("manifest.json", import.meta.url)).then((got) => got.json());
  worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data }) => heard(data));
  worker.addEventListener("error", () => stop());
  // The index of words goes first: it is small, and answers until all else is there.
  Promise.all([manifest, words.loadIndex()]).then(([content]) => worker?.postMessage({ manifest: content }), () => stop());
}

function heard({ number, answer, share, ready, failed }) {
  if (failed !== undefined && number === undefined) return stop();
  if (number !== undefined) {
    const { resolve, reject } = waiting.get(number);
    waiting.delete(number);
    return failed === undefined ? resolve(answer) : reject(new Error(failed));
  }
  if (share !== undefined) told = { share };
  if (ready) {
    isReady = true;
    told = { share: 1 };
    for (const box of boxes.keys()) if (box.shown) box.askNow(); // what words answered
  }
  show();
}

/** Words go on answering; the next time the box is looked at, it is tried again. */
function stop() {
  worker?.terminate();
  worker = undefined;
  isReady = false;
  told = { share: 0, failed: true };
  for (const { reject } of waiting.values()) reject(new Error("the worker stopped"));
  waiting.clear();
  show();
}

/** Say below each box how far the loading is; nothing once it is done. */
function show() {
  for (const [box, line] of boxes) {
    const { meaning_loading: loading, meaning_failed: failed } = box.texts;
    const percent = new Intl.NumberFormat(box.settings.language, { style: "percent" }).format(told.share);
    line.textContent = told.failed ? failed : worker && !isReady ? loading.replace("{percent}", percent) : "";
  }
}
