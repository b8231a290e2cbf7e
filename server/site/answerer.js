// Answers in place of a server: loads the index with the first question and the records with the first hit, and returns
// the answer document that the server would (docs of `POST /api/v1/ask`).

import { Index } from "./ranking.js";
import { analyse, clean } from "./words.js";

const QUERY_CHARS = 1000;
const SENTENCE_END = /[。！？；\n]+|[.!?](?=\s)/g;
const SITE = new URL("../../", import.meta.url); // this file lies in assets/DIGEST/
const loaded = new Map();

/** Return what a JSON file beside this one holds; asked for once, and again after a failure. */
function load(name) {
  if (!loaded.has(name)) {
    const reading = fetch(new URL(name, import.meta.url)).then((reply) => {
      if (!reply.ok) throw new Error(`${name}: ${reply.status}`);
      return reply.json();
    });
    reading.catch(() => loaded.delete(name));
    loaded.set(name, reading);
  }
  return loaded.get(name);
}

/** Load the index, as the first question would. Rejects when it cannot be. */
export async function loadIndex() {
  const content = await load("index.json");
  content.ready ??= new Index(content);
  return content;
}

/** Return the answer document of a question. Rejects when a file cannot be loaded. */
export async function ask(question) {
  const content = await loadIndex();
  const understood = clean(question.slice(0, QUERY_CHARS));
  const { status, hits, shown } = content.ready.answer(understood);
  const words = new Map(content.ready.queryWords(understood).map((word) => [word, content.ready.rarity(word)]));
  const sentence = (_, text) => tellingSentence(text, words, content.simplified);
  const reason = /[\p{L}\p{N}]/u.test(understood) ? "not_confident" : "empty_question";
  return answerDocument({ question: understood, status, hits, shown, reason }, content.shard_records, sentence);
}

/**
 * Return the answer document of what was found. Answers lie in files of `size`; `sentence` returns, of a hit and its
 * answer's plain text, the sentence that tells. Rejects when a file cannot be loaded.
 */
export async function answerDocument({ question, status, hits, shown, reason }, size, sentence) {
  const found = await Promise.all(shown.map((hit) => documentOf(hit, size, sentence)));
  const isAnswer = status !== "no_answer";
  return {
    question,
    status,
    answered: status === "answered",
    confidence: hits[0]?.confidence ?? 0,
    answers: isAnswer ? found : [],
    no_answer: isAnswer ? null : { reason, suggestions: found.map(suggestion) },
  };
}

async function documentOf(hit, size, sentence) {
  const shard = await load(`records-${Math.floor(hit.position / size)}.json`);
  const { text, checks, ...record } = shard[hit.position % size];
  const own = checks.map((check) => ({ ...check, url: new URL(check.url, SITE).href }));
  const source = { ...record.source, topic: new URL(record.source.topic, SITE).href };
  return { ...record, source, confidence: hit.confidence, highlight: { text: sentence(hit, text) }, checks: own };
}

function suggestion({ id, question, confidence }) {
  return { id, question, confidence };
}

/** Return the sentence that holds most of the question's words, the rare ones counting more; "" when none has any. */
function tellingSentence(text, words, simplified) {
  let best = "";
  let most = 0;
  for (const sentence of sentences(text)) {
    const held = new Set(analyse(sentence, simplified));
    const score = [...held].reduce((sum, word) => sum + (words.get(word) ?? 0), 0) / (12 + held.size);
    if (score > most) [best, most] = [sentence.trim(), score];
  }
  return best;
}

function* sentences(text) {
  let start = 0;
  for (const { index, 0: stop } of text.matchAll(SENTENCE_END)) {
    yield text.slice(start, index + stop.length);
    start = index + stop.length;
  }
  yield text.slice(start);
}
