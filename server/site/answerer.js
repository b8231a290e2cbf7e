// Answers in place of a server: loads the index with the first question and the records with the first hit, and returns
// the answer document that the server would (docs of `POST /api/v1/ask`).

import { Index, languageOf } from "./ranking.js";
import { analyse, clean } from "./words.js";

const QUERY_CHARS = 1000;
const SENTENCE_END = /[。！？；\n]+|[.!?](?=\s)/g;
/** The top of the site: this file lies in assets/DIGEST/. */
export const SITE = new URL("../../", import.meta.url);
const loaded = new Map();

/** Return what a JSON file beside this one holds; asked for once, and again after a failure. */
export function load(name) {
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

/** Return the answer document of a question, after those that the box has from before it. Rejects as `load`. */
export async function ask(question, box) {
  const content = await loadIndex();
  const found = box?.said?.length ? await (await conversations(content)).answer(question, box.said) : read(question, content);
  const words = new Map(content.ready.queryWords(found.read).map((word) => [word, content.ready.rarity(word)]));
  const sentence = (_, text) => tellingSentence(text, words, content.simplified);
  return answerDocument(found, content.shard_records, sentence);
}

/** Return what the index finds for a text. */
function read(text, content) {
  const question = clean(text.slice(0, QUERY_CHARS));
  const reason = /[\p{L}\p{N}]/u.test(question) ? "not_confident" : "empty_question";
  return { question, read: question, reason, ...content.ready.answer(question) };
}

/** Return what understands a question by those before it; loaded with the first such question. */
async function conversations(content) {
  const loading = [import("./conversation/dialogue.js"), load("lists.json"), load("related.json")];
  const [{ Conversations }, lists, records] = await Promise.all(loading);
  const simplified = { ...lists.simplified, ...content.simplified };
  const ask = (text) => read(text, content);
  content.conversations ??= new Conversations({
    lists,
    records,
    simplify: (text) => [...text].map((char) => simplified[char] ?? char).join(""),
    search: { ask, askWhole: ask, parse: (text) => ask(text).question, heard: () => undefined, languageOf },
  });
  return content.conversations;
}

/**
 * Return the answer document of what was found. Answers lie in files of `size`; `sentence` returns, of a hit and its
 * answer's plain text, the sentence that tells. Rejects when a file cannot be loaded.
 */
export async function answerDocument(found, size, sentence) {
  const { question, read, status, hits, shown, reason, talk } = found;
  const documents = await Promise.all(shown.map((hit) => documentOf(hit, size, sentence)));
  const isAnswer = status !== "no_answer";
  const message = talk && (await saidTo(found));
  return {
    question,
    read_as: read,
    status,
    answered: status === "answered",
    confidence: hits[0]?.confidence ?? 0,
    answers: isAnswer ? documents : [],
    no_answer: isAnswer ? null : { reason, talk, message, suggestions: documents.map(suggestion) },
  };
}

/** Return what is said to small talk, in the language of the conversation: server/wording/talk.py. */
async function saidTo({ question, talk, language, count }) {
  const texts = await load("talk.json");
  const own = texts[language] ?? texts[languageOf(question)] ?? texts.en;
  const values = { count, language: own.names[language] ?? language };
  const message = own.talk[talk].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  return own.handover && texts.names_person.includes(talk) ? `${message} ${own.handover}` : message;
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
