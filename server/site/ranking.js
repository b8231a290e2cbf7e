// Which records answer a question, and how sure that is: BM25 over words, and a logistic model fitted to what it finds.
// Pure: an index and a question in, hits out. The weights come with the index (server/site/ranking.json, made by
// tools/site_quality.py).

import { analyse } from "./words.js";

const K1 = 1.2;
const FIELD_WEIGHTS = [3, 1, 1]; // a word of the question tells more than one of the answer or of a heading
const MAX_HITS = 20;
const CHOICES = 3;
const MAX_LOGIT = 300;
const LEAST_SHARE = 1e-12;
const HAN = /[\u4e00-\u9fff]/g;
const MIN_HAN_SHARE = 0.15; // of the letters, as kb/language/scripts.py

// What questions are made of and none is about. Left out of a question that has anything else.
const STOP = new Set(
  (
    "a an and are as at be been but by can could did do does for from had has have how i if in into is it its me my no" +
    " not of on or our should so than that the their them then there these they thi to too wa we were what when where" +
    " which who why will with would you your am any get got just like please want need know me 怎么 么办 怎样 如何 什么 为什" +
    " 是什 可以 是否 我的 我想 有没 没有 能不 不能 请问 问一 一下 这个 那个 哪里 哪些 的时 时候 的话 么样 了吗 的吗 吗 呢 的 了"
  ).split(" "),
);

/** An index made ready: who holds a word, and how rare it is. */
export class Index {
  constructor({ words, twins, languages, wordings, simplified, ranking }) {
    Object.assign(this, { twins, languages, simplified, ranking });
    this.words = new Map(Object.entries(words)); // a word may be `constructor`
    this.count = twins.length;
    this.asked = new Float64Array(this.count); // rarity of all words of a record's question, a wording
    this.lengths = new Float64Array(this.count);
    for (const [word, list] of this.words) {
      for (let at = 0; at < list.length; at += 4) {
        if (list[at + 1] && !STOP.has(word)) this.asked[list[at]] += this.rarity(word) / wordings[list[at]];
        this.lengths[list[at]] += weighed(list, at);
      }
    }
    this.meanLength = this.lengths.reduce((sum, length) => sum + length, 0) / (this.count || 1);
  }

  /** Inverse document frequency, as in BM25; a word that nobody holds is the rarest. */
  rarity(word) {
    const holders = (this.words.get(word)?.length ?? 0) / 4;
    return Math.log(1 + (this.count - holders + 0.5) / (holders + 0.5));
  }

  queryWords(question) {
    const words = [...new Set(analyse(question, this.simplified))];
    const telling = words.filter((word) => !STOP.has(word));
    return telling.length ? telling : words;
  }

  /** Return the candidates, each with its parts: what it is judged by. */
  candidates(question) {
    const words = this.queryWords(question);
    const found = new Map();
    let total = 0;
    for (const word of words) {
      const rarity = this.rarity(word);
      total += rarity;
      const list = this.words.get(word) ?? [];
      for (let at = 0; at < list.length; at += 4) this.add(found, list, at, rarity);
    }
    const best = Math.max(...[...found.values()].map(({ bm25 }) => bm25));
    return [...found].map(([position, { inQuestion, anywhere, bm25 }]) => ({
      position,
      parts: [
        inQuestion / total,
        anywhere / total,
        Math.min(1, inQuestion / (this.asked[position] || 1)),
        bm25 / total,
        (bm25 - best) / total,
        Math.log1p(inQuestion),
        Math.log1p(bm25),
        1 / words.length,
      ],
    }));
  }

  add(found, list, at, rarity) {
    const position = list[at];
    if (!found.has(position)) found.set(position, { inQuestion: 0, anywhere: 0, bm25: 0 });
    const own = found.get(position);
    const weight = weighed(list, at);
    if (list[at + 1]) own.inQuestion += rarity;
    own.anywhere += rarity;
    own.bm25 += (rarity * weight) / (weight + K1 * (0.5 + (0.5 * this.lengths[position]) / this.meanLength));
  }

  /** Return hits, surest first: position and confidence. Records that say the same in two languages count once. */
  search(question) {
    const { weights, intercept, slope, offset } = this.ranking;
    const language = languageOf(question);
    const odds = new Map(); // of each group of translations
    const scored = this.candidates(question).map(({ position, parts }) => {
      const logit = parts.reduce((sum, part, at) => sum + part * weights[at], intercept);
      const own = Math.exp(Math.max(-MAX_LOGIT, Math.min(MAX_LOGIT, logit)));
      const twin = this.twins[position];
      odds.set(twin, Math.max(odds.get(twin) ?? 0, own));
      return { position, own };
    });
    const total = [...odds.values()].reduce((sum, own) => sum + own, 1);
    const isOwn = (position) => this.languages[position] === language;
    return scored
      .map(({ position, own }) => {
        const share = (isOwn(position) ? odds.get(this.twins[position]) : own) / total;
        return { position, confidence: calibrated(share, slope, offset) };
      })
      .sort((one, other) => {
        const surer = other.confidence - one.confidence;
        return surer || isOwn(other.position) - isOwn(one.position) || one.position - other.position;
      })
      .slice(0, MAX_HITS);
  }

  /** Return the state of an answer and what is shown: the answer and runners-up, choices, or suggestions. */
  answer(question) {
    const hits = this.search(question);
    const { answered_above, ambiguous_above } = this.ranking;
    const sure = hits[0]?.confidence ?? 0;
    const choices = this.withoutTranslations(hits).slice(0, CHOICES);
    if (sure >= answered_above) return { status: "answered", hits, shown: hits.slice(0, CHOICES) };
    const isAmbiguous = sure >= ambiguous_above; // of one too: what few words find often stands alone
    return { status: isAmbiguous ? "ambiguous" : "no_answer", hits, shown: choices };
  }

  withoutTranslations(hits) {
    const seen = new Set();
    return hits.filter(({ position }) => !seen.has(this.twins[position]) && seen.add(this.twins[position]));
  }
}

function weighed(list, at) {
  return FIELD_WEIGHTS.reduce((sum, weight, field) => sum + weight * Math.min(list[at + 1 + field], 4), 0);
}

function calibrated(share, slope, offset) {
  const certain = Math.min(Math.max(share, LEAST_SHARE), 1 - LEAST_SHARE);
  return 1 / (1 + Math.exp(-slope * Math.log(certain / (1 - certain)) - offset));
}

/** Return `zh` for Chinese and `en` for anything else: what this search tells apart. */
export function languageOf(text) {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  return letters && (text.match(HAN)?.length ?? 0) >= MIN_HAN_SHARE * letters ? "zh" : "en";
}
