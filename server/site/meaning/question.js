// A question as it is searched for: kb/retrieval/query.py, message.py, spelling.py and names.py in the browser.

import { clean } from "../words.js";

const INPUT_CHARS = 2_000_000;
const QUERY_CHARS = 1000;
const LOG_LINES = 4; // a paste of this many lines is a log
const TELLING_LINES = 3;
const LINE_CHARS = 240;
const TELLING = /error|exception|fatal|fail|killed|abort|cannot|invalid|错误|失败|异常|报错/;
const LINE_END = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/; // as Python's splitlines

/** Return a question normalised; a pasted log is reduced to the lines that tell something. */
export function parseQuery(text) {
  const lines = filledLines(text.slice(0, INPUT_CHARS));
  const numbers = tellingNumbers(lines);
  const telling = numbers.length ? numbers.map((number) => characters(lines[number].trim(), LINE_CHARS)) : lines;
  const joined = telling.map((line) => characters(line, QUERY_CHARS)).join(" ");
  return characters(clean(characters(joined, QUERY_CHARS)), QUERY_CHARS).trim();
}

function filledLines(text) {
  return text.split(LINE_END).filter((line) => line.trim());
}

/** Return so many characters from the start; what Python counts as one is one. */
function characters(text, most) {
  return text.length <= most ? text : [...text.slice(0, 2 * most)].slice(0, most).join("");
}

function tellingNumbers(lines) {
  if (lines.length < LOG_LINES) return [];
  const telling = [...lines.keys()].filter((at) => TELLING.test(characters(lines[at], QUERY_CHARS).toLowerCase()));
  return telling.length ? [...new Set([0, ...telling.slice(-TELLING_LINES)])].sort((one, other) => one - other) : [];
}

// Several sentences

const SENTENCE = /[^。！？；\n.!?]+(?:[.!?](?!\s|$)[^。！？；\n.!?]*)*[。！？；.!?]*/g;
const ASKS_FIRST = new RegExp(
  "^(?:(?:and|also|but|so|then|plus|hi|hello|please|btw)[, ]+)*" +
    "(?:how|what|why|when|where|which|who|whose|can|could|do|does|did|is|are|was|were|should|shall|will|would|may|must" +
    "|has|have|am)\\b",
);
const ASKS_HAN =
  /怎么|怎样|如何|什么|为啥|为什么|哪|吗|呢|能不能|能否|可不可以|是不是|是否|有没有|要不要|多少|多久|几/;
const CONTENT = /[a-z0-9]{2,}|[\u3400-\u9fff]/g;
const CONTENT_LEAST = 4;
const SENTENCES = 12;

/** Return the sentences of a message that ask something and can stand alone; its last one where none asks. */
export function askingSentences(message) {
  if (tellingNumbers(filledLines(message)).length) return [];
  const sentences = (characters(message, QUERY_CHARS).match(SENTENCE) ?? []).map((each) => each.trim()).filter(Boolean);
  if (sentences.length < 2 || sentences.length > SENTENCES) return [];
  const asking = sentences.filter((sentence) => {
    const folded = sentence.toLowerCase();
    return (/[?？]$/.test(folded) || ASKS_FIRST.test(folded) || ASKS_HAN.test(folded)) && standsAlone(sentence);
  });
  return asking.length ? asking : sentences.slice(-1).filter(standsAlone);
}

function standsAlone(sentence) {
  return (sentence.toLowerCase().match(CONTENT) ?? []).length >= CONTENT_LEAST;
}

// Typing errors

const PLAIN_WORD = /(?<![\p{L}\p{N}_.\-/+#@:'’])[A-Za-z][a-z]{3,}(?![\p{L}\p{N}_\-/+#@:'’]|\.[\p{L}\p{N}_])/gu;
const SHOUTED_LETTERS = 8;
const CORRECTED_WORDS = 8;

/**
 * Return a question in the letters it was meant in. `recordsWith` says in how many records a word is, `isWord` whether
 * English has it: of the words that are one slip from a stored one.
 */
export function asMeant(text, recordsWith, isWord, languageOf) {
  const quiet = lowered(text);
  const language = languageOf(quiet);
  if (language !== "en" && language !== "zh") return quiet;
  let left = CORRECTED_WORDS;
  return quiet.replace(PLAIN_WORD, (word) => {
    const plain = word.toLowerCase();
    if (!left || recordsWith(plain) || (language === "en" && isWord(plain))) return word;
    left -= 1;
    const known = [...slips(plain)].map((other) => ({ other, stored: recordsWith(other) }));
    const best = known.reduce((one, next) => (surer(next, one) ? next : one));
    return best.stored ? best.other : word;
  });
}

function surer(one, other) {
  return one.stored > other.stored || (one.stored === other.stored && one.other > other.other);
}

function lowered(text) {
  const letters = [...text].filter((char) => char.toLowerCase() !== char.toUpperCase());
  const isShouted = letters.length >= SHOUTED_LETTERS && letters.every((char) => char === char.toUpperCase());
  return isShouted && text.trim().includes(" ") && !/[\u3400-\u9fff]/.test(text) ? text.toLowerCase() : text;
}

function* slips(word) {
  for (let at = 0; at < word.length - 1; at += 1) {
    if (word[at] !== word[at + 1]) yield word.slice(0, at) + word[at + 1] + word[at] + word.slice(at + 2);
    else yield word.slice(0, at) + word.slice(at + 1);
  }
  for (let at = 0; at < word.length; at += 1) yield word.slice(0, at) + word[at] + word.slice(at);
}

// Names of products

const WORD = /(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9]+/g;
const LEFT = /[A-Za-z0-9]{2,}|[\u3400-\u9fff]/g;
const LEFT_LEAST = 2;

/**
 * Return a question without the names it holds, and the records of the files that were named. `names` maps a name to
 * positions, none of them where it names the whole knowledge base.
 */
export function withoutNames(text, names) {
  const about = new Set();
  const left = text.replace(WORD, (word) => {
    const positions = names.get(word.toLowerCase());
    positions?.forEach((position) => about.add(position));
    return positions ? " " : word;
  });
  const joined = left.split(/\s+/).filter(Boolean).join(" ");
  if ((joined.match(LEFT) ?? []).length < LEFT_LEAST) return { text, about: new Set() };
  return { text: joined, about };
}

// Known errors

const GAP = " … ";
const GAP_CHARS = 200;
const SIGNATURE_CHARS = 400_000;

/** Return the positions that the first known error in a text belongs to. */
export function namedByError(text, signatures) {
  const folded = text.slice(-SIGNATURE_CHARS).toLowerCase().split(/\s+/).filter(Boolean).join(" ");
  return signatures.find(({ words }) => words.some((each) => holds(folded, each.toLowerCase().split(GAP))))?.positions ?? [];
}

function holds(folded, [first, ...others]) {
  for (let start = folded.indexOf(first); start >= 0; start = folded.indexOf(first, start + 1)) {
    if (follows(folded, start + first.length, others)) return true;
  }
  return false;
}

function follows(folded, from, parts) {
  let at = from;
  return parts.every((part) => {
    const found = folded.indexOf(part, at);
    const isNear = found >= 0 && found <= at + GAP_CHARS;
    at = found + part.length;
    return isNear;
  });
}
