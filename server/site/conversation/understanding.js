// What the last question of a conversation asks for: kb/conversation/understanding.py in the browser, which says why.

import { Leaning } from "./reading.js";

const SURE = 0.985;
const PLAIN_SURE = 0.83;
const NEAR = 0.5;
const ELSEWHERE = 0.5;
const ELSEWHERE_AFTER_FAILURE = 0.1;
const KEPT = 0.05;
const NEW_WORDS = 2;
const WHOLE_WORDS = 3;
const UNRELATED = 0.15;
const LIGHT = ["solved", "thanks", "goodbye", "chat", "greeting", "acknowledged", "identity"];
const WEIGHTY = ["distress", "person", "insult"];

/**
 * Return what the last question asks for: a `way` with the `query` to search for, and what belongs to the way. `look`
 * searches for a text and returns its `confidence` and `confidenceIn(positions)`; `heard` says what small talk a text is like.
 */
export async function resolve(question, state, { reader, choices, titles, look, heard }) {
  const chosen = state.offered.length && chosenOf(question, state, { reader, choices, titles });
  if (chosen) return chosen;
  const read = reader.read(question);
  if (read.languageAskedFor) return { way: "language", query: question, language: read.languageAskedFor };
  const said = (await saidIn(question, read, state, look)) ?? (await likeTalk(read, state, look, heard));
  if (said) return said;
  if (!state.topic || isNew(read) || (await standsAlone(read, look, state))) return { way: "alone", query: read.own };
  if (read.endsInRepair && state.shown.length) return { way: "repair", query: state.query };
  const before = new Set([state.topic, state.query].filter(Boolean));
  const queries = [...new Set([...before].map((earlier) => `${earlier} ${read.own}`))];
  return { way: "combined", query: await surest(queries, look), leaning: read.leaning };
}

async function surest(queries, look) {
  if (queries.length < 2) return queries[0];
  const found = [];
  for (const query of queries) found.push((await look(query)).confidence);
  return queries[found.indexOf(Math.max(...found))];
}

function isNew(read) {
  return read.isEmpty || (read.isAnnounced && read.leaning === Leaning.none && read.words >= NEW_WORDS);
}

async function saidIn(question, read, state, look) {
  if (!WEIGHTY.includes(read.talk) && read.isRepair) return { way: "repair", query: state.query || question };
  if (!read.talk) return undefined;
  const ownRecord = LIGHT.includes(read.talk) || read.talk === "person" ? SURE : PLAIN_SURE;
  return (await look(question)).confidence >= ownRecord ? undefined : { way: "talk", query: question, talk: read.talk };
}

async function likeTalk(read, state, look, heard) {
  const asksAboutTopic = state.topic && read.leaning === Leaning.empty;
  if (asksAboutTopic || (await look(read.own)).confidence >= NEAR) return undefined;
  if (read.isEmpty || read.leaning === Leaning.empty) return undefined;
  const kind = await heard(read.own);
  if (kind === "not_helped") return state.shown.length ? { way: "repair", query: state.query } : undefined;
  return kind && { way: "talk", query: read.own, talk: kind };
}

function chosenOf(question, state, { reader, choices, titles }) {
  const offered = state.offered.map((position) => titles[position]);
  const numbers = choices.numbers(question, offered.length);
  if (numbers.some((number) => number < 1 || number > offered.length)) {
    return { way: "talk", query: question, talk: offered.length > 1 ? "outside" : "declined" };
  }
  const byWords = numbers.length ? undefined : choices.byWords(question, offered);
  const places = numbers.length ? numbers.map((number) => number - 1) : byWords === undefined ? [] : [byWords];
  if (places.length) {
    return { way: "choice", query: offered[places[0]], positions: places.map((at) => state.offered[at]) };
  }
  const isRefusal = reader.isRefusal(question) && !WEIGHTY.includes(reader.talkOf(question));
  return isRefusal ? { way: "talk", query: question, talk: "declined" } : undefined;
}

async function standsAlone(read, look, before) {
  if (read.leaning === Leaning.empty) return false;
  const alone = await look(read.own);
  const sure = alone.confidence;
  if (sure >= SURE) return true;
  if (read.leaning === Leaning.referring && !read.isAnnounced) return false;
  if (read.leaning === Leaning.none && sure >= PLAIN_SURE) return true;
  const isWhole = read.leaning === Leaning.none && read.words >= WHOLE_WORDS;
  const pointsAway = alone.confidenceIn(before.shown.slice(0, 1)) < KEPT;
  const elsewhere = before.hasFailed ? ELSEWHERE_AFTER_FAILURE : ELSEWHERE;
  return pointsAway && (sure >= elsewhere || (isWhole && sure < UNRELATED));
}
