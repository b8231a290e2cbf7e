// A question in, the records that answer it out: the steps of kb/retrieval/finding.py and message.py, with whatever embeds.

import { languageOf } from "./language.js";
import { marksOf } from "./marks.js";
import { asMeant, askingSentences, namedByError, parseQuery, withoutNames } from "./question.js";
import { decide, raiseNamed, rankRecords } from "./ranking.js";

/** Answers questions from a knowledge base; `encode` returns the vector and the token vectors of a text. */
export class Answers {
  constructor(knowledge, encode) {
    this.knowledge = knowledge;
    this.encode = encode;
  }

  /** Return the answer to a message: read as a whole, by the sentence that asks, or question by question. */
  async ask(message) {
    const whole = await this.askOne(message);
    const read = [];
    for (const sentence of askingSentences(message)) read.push(await this.askOne(sentence));
    const answered = read.findIndex(({ status }) => status === "answered");
    const isFound = ({ status, shown }) => status !== "no_answer" && shown.length;
    const found = new Set(read.filter(isFound).map(({ shown }) => this.knowledge.twins[shown[0].position]));
    if (answered >= 0 && found.size > 1) {
      return { ...read[answered], question: whole.question, others: read.filter((_, at) => at !== answered) };
    }
    const surest = read.reduce((one, next) => (next.confidence > one.confidence ? next : one), whole);
    return { ...surest, question: whole.question };
  }

  async askOne(text) {
    const { knowledge } = this;
    const question = parseQuery(text);
    const nothing = { question, status: "no_answer", confidence: 0, hits: [], shown: [], tokens: [] };
    if (!/[\p{L}\p{N}]/u.test(question)) return { ...nothing, reason: "empty_question" };
    if (!knowledge.count) return { ...nothing, reason: "empty_index" };
    const spoken = (each) => languageOf(each, knowledge.spoken);
    const meant = asMeant(question, (word) => (knowledge.words.get(word)?.length ?? 0) / 2, this.isWord, spoken);
    const plain = [...meant].map((char) => knowledge.simplified[char] ?? char).join("");
    const { text: asked, about } = withoutNames(plain, knowledge.names);
    const { vector, tokens } = await this.encode(asked);
    const named = namedByError(text, knowledge.signatures);
    const parsed = { text: asked, vector, tokens, language: spoken(asked), marks: marksOf(asked, knowledge.opposites) };
    const ranked = rankRecords(knowledge, parsed, about, named);
    const hits = raiseNamed(ranked, named, knowledge.known_error_confidence);
    return { question, hits, tokens, confidence: hits[0]?.confidence ?? 0, reason: "not_confident", ...decide(knowledge, hits) };
  }

  isWord = (word) => this.knowledge.englishNear.has(word);
}
