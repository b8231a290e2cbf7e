// The conversation of a reader with a site that answers by meaning: what Answers finds, understood by what was asked before.

import { Conversations } from "../conversation/dialogue.js";
import { lengthInWords } from "../conversation/reading.js";
import { parseQuery } from "./question.js";

const LEAST = 0.7; // probability from which a text is taken for talk
const WORDS = 14; // of a text that is listened to: longer ones ask
const NEVER_BY_LIKENESS = ["question_asked", "acknowledged"];

/** Return what answers questions after others; `talk` are the weights of kb/conversation/likeness.py. */
export function conversationsOf(answers, lists, records, talk) {
  const search = {
    ask: (text, language) => answers.ask(text, language),
    askWhole: (text) => answers.askOne(text),
    parse: parseQuery,
    heard: async (text) => heardIn(text, await answers.vectorOf(text), talk),
    languageOf: answers.languageOf,
  };
  return new Conversations({ lists, records, simplify: answers.simplify, search });
}

/** Return the kind of small talk that a text is like, by its vector: kb/conversation/likeness.py. */
function heardIn(text, vector, { kinds, coefficients, intercepts }) {
  if (!vector || lengthInWords(text.toLowerCase()) > WORDS) return undefined;
  const odds = kinds.map((_, kind) => {
    return vector.reduce((sum, number, at) => sum + number * coefficients[kind * vector.length + at], intercepts[kind]);
  });
  const highest = Math.max(...odds);
  const shares = odds.map((each) => Math.exp(each - highest));
  const kind = kinds[odds.indexOf(highest)];
  const isSure = 1 >= LEAST * shares.reduce((sum, share) => sum + share, 0);
  return isSure && !NEVER_BY_LIKENESS.includes(kind) ? kind : undefined;
}
