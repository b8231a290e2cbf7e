// Questions of a conversation, answered by what was asked before them: kb/conversation/dialogue.py and history.py in the
// browser. Pure but for what searches.

import { Choices } from "./choices.js";
import { Leaning, Reader } from "./reading.js";
import { resolve } from "./understanding.js";

const NEAREST = 10;
const NEXT_LEAST = 0.05;
const REMEMBERED = 8; // answers of a topic
const TURN_CHARS = 300;
const CHOICES = 3;
const HITS = 20;
const LOOKED_BACK = 60;
const REPLAYED = 8;
const STANDING = 2;
const SHORT = 3;
const NOTHING_SAID = {
  ...{ topic: "", query: "", shown: [], offered: [], answered: [] },
  ...{ hasFailed: false, language: "", isLanguageAskedFor: false },
};

export class Conversations {
  /**
   * Take the word lists, the records' `titles`, `twins` and `languages` by position, and what searches: `ask(text,
   * language)` returns an answer with all its `hits`, `askWhole` the same of a text read as one question, `parse` a
   * question normalised, `heard(text)` the kind of small talk a text is like, and `languageOf(text)` its language.
   */
  constructor({ lists, records, simplify, search }) {
    Object.assign(this, { records, search });
    this.reader = new Reader(lists, simplify, search.languageOf);
    this.choices = new Choices(this.reader);
  }

  /** Return the answer to a question after the questions before it, oldest first. */
  async answer(question, said) {
    return (await this.reply(question, await this.stateAfter(said))).answer;
  }

  async stateAfter(said) {
    const again = this.replayed(said);
    let state = this.spokenBefore(said.slice(-LOOKED_BACK).slice(0, Math.min(said.length, LOOKED_BACK) - again.length));
    for (const each of again) ({ state } = await this.reply(each, state));
    return state;
  }

  /** Return the questions that the state is made of: back to where the topic began. */
  replayed(said) {
    const kept = said.slice(-LOOKED_BACK).map((text) => this.kept(text));
    let [standing, asked] = [0, 0];
    for (let at = kept.length - 1; at >= 0; at -= 1) {
      const text = kept[at];
      if (!this.asks(text)) continue;
      asked += 1;
      standing += this.reader.read(text).leaning === Leaning.none && text.length > SHORT ? 1 : 0;
      if (standing === STANDING || asked === REPLAYED) return kept.slice(at);
    }
    return kept;
  }

  kept(text) {
    return text.length <= TURN_CHARS ? text : this.search.parse(text).slice(0, TURN_CHARS);
  }

  asks(text) {
    const read = this.reader.read(text);
    return !(read.talk || read.languageAskedFor || read.isRepair || this.reader.isRefusal(text) || read.isEmpty);
  }

  spokenBefore(said) {
    return said.reduce((state, text) => {
      const { languageAskedFor, language } = this.reader.read(this.kept(text));
      if (languageAskedFor) return { ...state, language: languageAskedFor, isLanguageAskedFor: true };
      return state.isLanguageAskedFor ? state : { ...state, language: language || state.language };
    }, NOTHING_SAID);
  }

  /** Return the answer to a question in a conversation of that state, and the state after it. */
  async reply(question, state) {
    const { language: own } = this.reader.read(question);
    const language = state.isLanguageAskedFor ? state.language : own || state.language;
    const ask = remembering((text, wanted = language) => this.search.ask(text, wanted));
    const look = async (text) => this.sighting((await ask(text)).hits);
    const heard = (text) => this.search.heard(text);
    const { reader, choices, records } = this;
    const resolution = await resolve(question, state, { reader, choices, titles: records.titles, look, heard });
    const found = await this[resolution.way](resolution, state, ask);
    const typed = resolution.query === question ? found.question : this.search.parse(question);
    const answer = { ...found, question: typed, language: resolution.language || language };
    return { answer, state: stateAfter(resolution, answer, state) };
  }

  sighting(hits) {
    const near = new Map();
    for (const { position, confidence } of hits.slice(0, NEAREST)) {
      const twin = this.records.twins[position];
      if (!near.has(twin)) near.set(twin, confidence);
    }
    const confidenceIn = (positions) => Math.max(0, ...positions.map((at) => near.get(this.records.twins[at]) ?? 0));
    return { confidence: hits[0]?.confidence ?? 0, confidenceIn };
  }

  // One for each way

  alone({ query }, state, ask) {
    return ask(query);
  }

  combined({ query }, state, ask) {
    return ask(query);
  }

  async choice({ positions }, state, ask) {
    const picked = [];
    for (const position of positions) picked.push(await this.picked(this.records.titles[position], position, ask));
    return { ...picked[0], others: picked.slice(1) };
  }

  talk({ query, talk }, state) {
    return smallTalk(query, talk, { count: state.offered.length });
  }

  /** Return what else may answer: never a record that was the answer, or that was offered just now. */
  async repair({ query }, state, ask) {
    const { twins } = this.records;
    const known = new Set([...state.answered, ...state.offered].map((position) => twins[position]));
    const { hits } = state.query ? await ask(query) : { hits: [] };
    const seen = new Set();
    const others = hits.filter(({ position }) => !seen.has(twins[position]) && seen.add(twins[position]));
    const left = others.filter(({ position, confidence }) => confidence >= NEXT_LEAST && !known.has(twins[position]));
    return smallTalk(query, "not_helped", { shown: left.slice(0, CHOICES) });
  }

  /** Return the last answer in the language asked for, or that there is none; what was found where none was given. */
  async language({ query, language }, state, ask) {
    if (!state.query) return smallTalk(query, "language", {});
    const found = await ask(state.query, language);
    const given = state.answered.at(-1);
    if (given === undefined) return found;
    const { twins, languages } = this.records;
    const isTwin = ({ position }) => languages[position] === language && twins[position] === twins[given];
    const twin = found.hits.find(isTwin);
    if (twin) return this.picked(state.query, twin.position, ask, language);
    const confidence = found.hits[0]?.confidence ?? 0;
    return smallTalk(query, "no_translation", { shown: [{ position: given, confidence }] });
  }

  /** Return the answer to a text with one record as its first; as it is when that record is not found. */
  async picked(text, position, ask, language) {
    const answer = await ask(text, language);
    const { hits } = await this.search.askWhole(text);
    const first = hits.slice(0, HITS).find((hit) => hit.position === position);
    if (!first) return answer;
    const given = answer.status === "no_answer" ? [] : answer.shown;
    const rest = given.filter((hit) => hit.position !== position);
    const shown = [first, ...rest].slice(0, Math.max(given.length, 1));
    return { ...answer, status: "answered", confidence: first.confidence, hits: shown, shown, others: [] };
  }
}

function smallTalk(query, talk, { shown = [], count = 0 }) {
  const text = query.trim();
  const nothing = { status: "no_answer", reason: "small_talk", confidence: 0, hits: [], tokens: [], others: [] };
  return { ...nothing, question: text, read: text, talk, count, shown };
}

/** Ask for the same text in the same language once. */
function remembering(ask) {
  const known = new Map();
  return (text, language) => {
    const key = JSON.stringify([text, language]);
    if (!known.has(key)) known.set(key, ask(text, language));
    return known.get(key);
  };
}

/** Return what to remember of a question once it was answered. */
function stateAfter(resolution, answer, before) {
  const isLanguageAskedFor = before.isLanguageAskedFor || resolution.way === "language";
  const state = { ...before, language: answer.language, isLanguageAskedFor };
  const positions = answer.shown.map(({ position }) => position);
  if (answer.status === "no_answer" && answer.reason === "empty_question") return state;
  if (answer.talk) {
    const offered = { not_helped: positions, declined: [] }[answer.talk] ?? state.offered;
    return { ...state, offered, hasFailed: state.hasFailed || (answer.talk === "not_helped" && state.answered.length > 0) };
  }
  const own = { ...withQuestion(resolution, state), hasFailed: false };
  const given = [answer, ...(answer.others ?? [])].filter(({ status }) => status === "answered");
  return {
    ...own,
    shown: positions.slice(0, CHOICES),
    offered: answer.status === "answered" ? own.offered : positions.slice(0, CHOICES),
    answered: [...own.answered, ...given.map(({ shown }) => shown[0].position)].slice(-REMEMBERED),
  };
}

function withQuestion({ way, query, leaning }, state) {
  const own = query.slice(0, TURN_CHARS);
  if (way === "alone") return { ...state, topic: own, query: own, offered: [], answered: [] };
  if (way === "choice") return { ...state, topic: own, query: own };
  if (way === "language" || leaning === Leaning.empty) return state;
  return { ...state, query: query.slice(-TURN_CHARS) };
}
