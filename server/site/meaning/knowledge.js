// What questions are ranked against, read from the one file that kb/retrieval/carried.py writes.

import { joinedHalves, readArrays } from "./arrays.js";

/** Return a table of pieces with the scales of its rows as floats. */
export function pieceTable({ pieces, scores, nibbles, scales_low: low, scales_high: high }) {
  return { pieces, scores, nibbles, halves: joinedHalves(low, high) };
}

/** Return token codes, `dim` a token, of levels in four bits: the first half of the coordinates in the low ones. */
function unpacked(packed, { base, step, dim }) {
  const codes = new Int8Array(packed.length * 2);
  const half = dim / 2;
  for (let at = 0, own = 0; at < packed.length; own += half) {
    for (let end = own + half; own < end; at += 1, own += 1) {
      const low = own % dim;
      codes[own] = base[low] + (packed[at] & 15) * step[low];
      codes[own + half] = base[low + half] + (packed[at] >> 4) * step[low + half];
    }
  }
  return codes;
}

export class Knowledge {
  /** Take the content of the file, an ArrayBuffer. */
  constructor(buffer) {
    const { words, names, spoken, english_near: englishNear, unit, codes, ...read } = readArrays(buffer);
    Object.assign(this, read);
    this.words = new Map(Object.entries(words)); // a word may be `constructor`
    this.names = new Map(Object.entries(names));
    this.spoken = { small: new Set(spoken.small), english: new Set(spoken.english) };
    this.englishNear = new Set(englishNear);
    this.meanLength = this.lengths.reduce((sum, length) => sum + length, 0) / (this.count || 1);
    this.wordings = { positions: read.wording_positions, weights: read.wording_weights };
    this.ownPieces = pieceTable(read);
    [this.unit] = unit;
    this.codes = unpacked(codes, read);
  }

  /** The passages: rows of vectors. */
  rows() {
    return this.positions.keys();
  }

  rowsOf(position) {
    return numbers(this.first_rows[position], this.first_rows[position + 1]);
  }

  viewsOf(position) {
    return numbers(this.first_views[position], this.first_views[position + 1]);
  }

  /** Return where the tokens of a view start and end. */
  viewTokens(view) {
    return [this.view_ends[view], this.view_ends[view + 1]];
  }

  cosine(row, vector) {
    const { vectors, dim } = this;
    let sum = 0;
    for (let at = 0, own = row * dim; at < dim; at += 1, own += 1) sum += vectors[own] * vector[at];
    return sum;
  }

  /** Return the best match of each of a question's first token vectors among tokens, from the first to before the last. */
  matches(tokens, [first, last]) {
    const wanted = tokens.slice(0, this.limits.late_tokens);
    const best = new Float64Array(wanted.length).fill(-Infinity);
    for (let at = 0; at < wanted.length; at += 2) {
      const other = Math.min(at + 1, wanted.length - 1);
      bestOfTwo(this.codes, first * this.dim, last * this.dim, wanted[at], wanted[other], best, at, other);
    }
    return Array.from(best, (product) => product * this.unit);
  }

  /** Return the sentences of an answer: where each starts and ends, its tokens and those of the headings above it. */
  sentencesOf(position) {
    const flat = this.sentences[position];
    const first = this.view_ends[this.first_views[position]];
    return numbers(0, flat.length / 6).map((at) => {
      const [start, end, token, tokenEnd, header, headerEnd] = flat.slice(at * 6, at * 6 + 6);
      const shifted = (from, to) => [first + from, first + to];
      return { start, end, tokens: shifted(token, tokenEnd), header: header < headerEnd && shifted(header, headerEnd) };
    });
  }

  /** Return where the tokens of a record's question start and end. */
  questionSpan(position) {
    const first = this.view_ends[this.first_views[position]];
    return [first, first + this.question_tokens[position]];
  }
}

function numbers(first, end) {
  return Array.from({ length: end - first }, (_, at) => first + at);
}

/** Two of a question's tokens at once: each code is read for both, and the sums do not wait for each other. */
function bestOfTwo(codes, start, end, one, two, best, at, other) {
  const dim = one.length;
  for (let token = start; token < end; token += dim) {
    let [even1, odd1, even2, odd2] = [0, 0, 0, 0];
    for (let own = 0; own < dim; own += 2) {
      const even = codes[token + own];
      const odd = codes[token + own + 1];
      even1 += even * one[own];
      odd1 += odd * one[own + 1];
      even2 += even * two[own];
      odd2 += odd * two[own + 1];
    }
    if (even1 + odd1 > best[at]) best[at] = even1 + odd1;
    if (even2 + odd2 > best[other]) best[other] = even2 + odd2;
  }
}
