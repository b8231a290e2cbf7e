// The encoder and the ranking, off the page's own thread. The page sends the manifest, then questions; back come how much
// is loaded, that all is ready, and answers.

import { Answers } from "./answers.js";
import { Encoder } from "./encoder.js";
import { tellingSentence } from "./highlight.js";
import { Knowledge } from "./knowledge.js";
import { loadFiles } from "./loading.js";

const WARMING = 3; // questions
let answers;
let last = Promise.resolve();

self.addEventListener("message", ({ data }) => {
  // One after the other: the encoder has one memory.
  last = last.then(() => (data.manifest ? prepare(data.manifest) : answer(data)));
});

async function prepare(manifest) {
  try {
    const files = await loadFiles(manifest, (share) => self.postMessage({ share }));
    const knowledge = new Knowledge(files.knowledge);
    const encoder = await Encoder.open(new URL(manifest.runtime, import.meta.url), files, knowledge);
    answers = new Answers(knowledge, (text) => encoder.encode(text));
    // The first questions take some times as long as the others: the engine has yet to learn what runs often.
    for (let run = 0; run < WARMING; run += 1) plain(await answers.ask("How is it asked, and how is it answered then?"));
    self.postMessage({ ready: true });
  } catch (error) {
    self.postMessage({ failed: String(error) });
  }
}

async function answer({ number, question }) {
  try {
    self.postMessage({ number, answer: plain(await answers.ask(question)) });
  } catch (error) {
    self.postMessage({ number, failed: String(error) });
  }
}

/** Return an answer as the page wants it: what is shown with the sentences that tell, and no vectors. */
function plain({ question, status, reason, hits, shown, tokens, others = [] }) {
  const { knowledge } = answers;
  const marked = shown.map((hit) => ({
    position: hit.position,
    confidence: hit.confidence,
    sentence: hit.confidence >= knowledge.limits.likely && tellingSentence(knowledge, tokens, hit.position),
  }));
  const sure = hits.slice(0, 10).map(({ position, confidence }) => ({ position, confidence }));
  return { question, status, reason, hits: sure, shown: marked, others: others.map(plain) };
}
