// The encoder and the ranking, off the page's own thread. The page sends the manifest, then questions; back come how much
// is loaded, that all is ready, and answers.

import { Answers } from "./answers.js";
import { readArrays } from "./arrays.js";
import { Encoder } from "./encoder.js";
import { tellingSentence } from "./highlight.js";
import { Knowledge } from "./knowledge.js";
import { loadFiles } from "./loading.js";
import { conversationsOf } from "./talking.js";

const WARMING = 3; // questions
const REMEMBERED = 32; // texts: a question of a conversation is looked at in several ways
let answers;
let conversations;
let last = Promise.resolve();

self.addEventListener("message", ({ data }) => {
  // One after the other: the encoder has one memory.
  last = last.then(() => (data.manifest ? prepare(data.manifest) : answer(data)));
});

async function prepare(manifest) {
  try {
    const beside = ["lists.json", "related.json"].map((name) => fetch(new URL(`../${name}`, import.meta.url)));
    const files = await loadFiles(manifest, (share) => self.postMessage({ share }));
    const [lists, records] = await Promise.all(beside.map(async (reply) => (await reply).json()));
    const knowledge = new Knowledge(files.knowledge);
    const encoder = await Encoder.open(new URL(manifest.runtime, import.meta.url), files, knowledge);
    answers = new Answers(knowledge, remembering((text) => encoder.encode(text)));
    conversations = conversationsOf(answers, lists, records, readArrays(files.talk));
    // The first questions take some times as long as the others: the engine has yet to learn what runs often.
    for (let run = 0; run < WARMING; run += 1) plain(await answers.ask(`How is it asked, and how is it answered then? ${run}`));
    self.postMessage({ ready: true });
  } catch (error) {
    self.postMessage({ failed: String(error) });
  }
}

/** Return a function that does not do the same again soon. */
function remembering(encode) {
  const known = new Map();
  return (text) => {
    if (!known.has(text)) known.set(text, encode(text));
    if (known.size > REMEMBERED) known.delete(known.keys().next().value);
    return known.get(text);
  };
}

async function answer({ number, question, said }) {
  try {
    self.postMessage({ number, answer: plain(await conversations.answer(question, said)) });
  } catch (error) {
    self.postMessage({ number, failed: String(error) });
  }
}

/** Return an answer as the page wants it: what is shown with the sentences that tell, and no vectors. */
function plain({ hits, shown, tokens, others = [], ...answer }) {
  const { knowledge } = answers;
  const marked = shown.map((hit) => ({
    position: hit.position,
    confidence: hit.confidence,
    sentence: tokens.length > 0 && hit.confidence >= knowledge.limits.likely && tellingSentence(knowledge, tokens, hit.position),
  }));
  const sure = hits.slice(0, 10).map(({ position, confidence }) => ({ position, confidence }));
  return { ...answer, hits: sure, shown: marked, others: others.map(plain) };
}
