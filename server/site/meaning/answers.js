// A question in, the records that answer it out: the steps of kb/retrieval/finding.py and message.py, with whatever embeds.

import { languageOf } from "../conversation/language.js";
import { marksOf } from "./marks.js";
import { asMeant, askingSentences, namedByError, parseQuery, withoutNames } from "./question.js";
import { decide, raiseNamed, rankRecords } from "./ranking.js";

/** Answers questions from a knowledge base; `encode` returns the vector and the token vectors of a text. */
export class Answers {
  constructor(knowledge, encode) {
    this.knowledge = knowledge;
    this.encode = encode;
  }

  /**
   * Return the answer to a message: read as a whole, by the sentence that asks, or question by question. Of translations
   * the one in `language` is given; without it, the one in the question's.
   */
  async ask(message, language) {
    const whole = await this.askOne(message, language);
    const read = [];
    for (const sentence of askingSentences(message)) read.push(await this.askOne(sentence, language));
    const answered = read.findIndex(({ status }) => status === "answered");
    const isFound = ({ status, shown }) => status !== "no_answer" && shown.length;
    const found = new Set(read.filter(isFound).map(({ shown }) => this.knowledge.twins[shown[0].position]));
    if (answered >= 0 && found.size > 1) {
      return { ...read[answered], question: whole.question, others: read.filter((_, at) => at !== answered) };
    }
    const surest = read.reduce((one, next) => (next.confidence > one.confidence ? next : one), whole);
    return { ...surest, question: whole.question };
  }

  async askOne(text, language) {
    const { knowledge } = this;
    const question = parseQuery(text);
    const nothing = { question, read: question, status: "no_answer", confidence: 0, hits: [], shown: [], tokens: [] };
    if (!/[\p{L}\p{N}]/u.test(question)) return { ...nothing, reason: "empty_question" };
    if (!knowledge.count) return { ...nothing, reason: "empty_index" };
    const { read, text: asked, about } = this.meant(question);
    const { vector, tokens } = await this.encode(asked);
    const named = namedByError(text, knowledge.signatures);
    const written = this.languageOf(asked);
    const spoken = { language: written, reader: language || written };
    const parsed = { text: asked, vector, tokens, ...spoken, marks: marksOf(asked, knowledge.opposites) };
    const hits = raiseNamed(rankRecords(knowledge, parsed, about, named), named, knowledge.known_error_confidence);
    const confidence = hits[0]?.confidence ?? 0;
    return { question, read, hits, tokens, confidence, reason: "not_confident", ...decide(knowledge, hits) };
  }

  /** Return a question without typing errors, the text of it that is embedded, and the positions to choose from. */
  meant(question) {
    const { knowledge } = this;
    const recordsWith = (word) => (knowledge.words.get(word)?.length ?? 0) / 2;
    const read = asMeant(question, recordsWith, this.isWord, this.languageOf);
    return { read, ...withoutNames(this.simplify(read), knowledge.names) };
  }

  /** Return the vector by which records are found for a text; undefined where there is nothing to search for. */
  async vectorOf(text) {
    const question = parseQuery(text);
    if (!this.knowledge.count || !/[\p{L}\p{N}]/u.test(question)) return undefined;
    return (await this.encode(this.meant(question).text)).vector;
  }

  simplify = (text) => [...text].map((char) => this.knowledge.simplified[char] ?? char).join("");

  languageOf = (text) => languageOf(text, this.knowledge.spoken);

  isWord = (word) => this.knowledge.englishNear.has(word);
}
