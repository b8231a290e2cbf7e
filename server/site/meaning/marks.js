// Opposites and numbered names that a question names: kb/index/marks.py in the browser.

import { clean } from "../words.js";

const NUMBERED = /(?<![a-z])([a-z]+)[-_ ]?(\d+(?:\.\d+)*)/g;
const LATIN = /[a-z0-9]+(?:-[a-z0-9]+)*/g;
const HAN = /^[\u4e00-\u9fff]/;

/** Return the marks of a text whose characters are simplified already; `words` are pairs of a word and its mark. */
export function marksOf(text, words) {
  const folded = clean(text).toLowerCase();
  const padded = ` ${(folded.match(LATIN) ?? []).join(" ")} `;
  const marks = new Set();
  for (const [word, mark] of words) {
    if (HAN.test(word) ? folded.includes(word) : padded.includes(` ${word} `)) marks.add(mark);
  }
  for (const [, name, number] of folded.matchAll(NUMBERED)) marks.add(`${name}#=${number}`);
  return marks;
}

/** Return in how many sets a question and a record name different members, and no common one. */
export function conflicts(query, record) {
  const nameOf = (mark) => mark.slice(0, mark.indexOf("="));
  const named = new Set(record.map(nameOf));
  const agreed = new Set(record.filter((mark) => query.has(mark)).map(nameOf));
  const shared = new Set([...query].map(nameOf).filter((name) => named.has(name)));
  return [...shared].filter((name) => !agreed.has(name)).length;
}
