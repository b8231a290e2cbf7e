// The words of a text for lexical search: kb/text.py and kb/snapshot/client_index.py in the browser. tests/browser/test_site.py
// compares the two, word for word.

const UNREADABLE = /\p{C}/gu; // control, surrogate, format, private, unassigned
const HAN_RUN = /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+/g;
const WORD = /[\p{L}\p{N}](?:[\p{L}\p{N}_]|[.\-/+#](?=[\p{L}\p{N}_]))*(?:\+\+|#)?/gu;
const PART = /[\p{L}\p{N}]+/gu;
const VOWEL = /[aeiouy]/;

/** Return the text in NFKC with controls and runs of white space as single spaces. */
export function clean(text) {
  return text.replace(UNREADABLE, " ").normalize("NFKC").split(/\s+/).filter(Boolean).join(" ");
}

/** Return the words in order, with repeats, English ones without their commonest endings. */
export function analyse(text, simplified = {}) {
  return plainWords(text, simplified).map(stem);
}

/** Return the words as they stand; `simplified` maps the traditional characters worth folding. */
export function plainWords(text, simplified = {}) {
  const folded = clean(text).toLowerCase().replaceAll("ß", "ss");
  const plain = folded.replace(/\p{Script=Han}/gu, (char) => simplified[char] ?? char);
  const words = [];
  let end = 0;
  for (const run of plain.matchAll(HAN_RUN)) {
    latinWords(plain.slice(end, run.index), words);
    bigrams(run[0], words);
    end = run.index + run[0].length;
  }
  latinWords(plain.slice(end), words);
  return words;
}

function bigrams(run, words) {
  if (run.length === 1) words.push(run);
  for (let start = 0; start < run.length - 1; start += 1) words.push(run.slice(start, start + 2));
}

function latinWords(text, words) {
  for (const [word] of text.matchAll(WORD)) {
    words.push(word);
    const parts = word.match(PART);
    if (parts.length > 1) words.push(...parts);
  }
}

/** Return an English word without the commonest endings: `training`, `trained`, `trains` are one word. */
export function stem(word) {
  if (word.length < 4 || !/^[a-z]+$/.test(word)) return word;
  let stemmed = withoutPlural(word);
  for (const ending of ["ing", "ed"]) {
    const root = stemmed.slice(0, -ending.length);
    if (stemmed.endsWith(ending) && root.length >= 3 && VOWEL.test(root)) {
      stemmed = withoutDouble(root);
      break;
    }
  }
  return stemmed.length > 3 && stemmed.endsWith("e") ? stemmed.slice(0, -1) : stemmed;
}

function withoutPlural(word) {
  if (word.endsWith("ies") && word.length > 4) return `${word.slice(0, -3)}y`;
  if (word.endsWith("sses")) return word.slice(0, -2);
  return /[^sui]s$/.test(word) ? word.slice(0, -1) : word;
}

function withoutDouble(root) {
  return /([^aeiouylsz])\1$/.test(root) ? root.slice(0, -1) : root;
}
