// What questions are ranked against, read from the one file that kb/retrieval/carried.py writes.

import { joinedHalves, readArrays } from "./arrays.js";

/** Return a table of pieces with the scales of its rows as floats. */
export function pieceTable({ pieces, scores, nibbles, scales_low: low, scales_high: high }) {
  return { pieces, scores, nibbles, halves: joinedHalves(low, high) };
}

export class Knowledge {
  /** Take the content of the file, an ArrayBuffer. */
  constructor(buffer) {
    const { words, names, spoken, english_near: englishNear, step, ...read } = readArrays(buffer);
    Object.assign(this, read);
    this.words = new Map(Object.entries(words)); // a word may be `constructor`
    this.names = new Map(Object.entries(names));
    this.spoken = { small: new Set(spoken.small), english: new Set(spoken.english) };
    this.englishNear = new Set(englishNear);
    this.meanLength = this.lengths.reduce((sum, length) => sum + length, 0) / (this.count || 1);
    this.wordings = { positions: read.wording_positions, weights: read.wording_weights };
    this.ownPieces = pieceTable(read);
    [this.step] = step;
    for (let at = 0; at < this.codes.length; at += 1) this.codes[at] += this.mean[at % this.dim]; // bytes, so it wraps
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
    const { codes, dim } = this;
    const wanted = tokens.slice(0, this.limits.late_tokens);
    const best = new Float64Array(wanted.length).fill(-Infinity);
    for (let token = first; token < last; token += 1) {
      const own = codes.subarray(token * dim, (token + 1) * dim);
      for (let at = 0; at < wanted.length; at += 1) {
        const product = dot(own, wanted[at]);
        if (product > best[at]) best[at] = product;
      }
    }
    return Array.from(best, (product) => product * this.step);
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

function dot(codes, numbers) {
  let [one, two, three, four] = [0, 0, 0, 0]; // sums that do not wait for each other
  for (let at = 0; at < codes.length; at += 4) {
    one += codes[at] * numbers[at];
    two += codes[at + 1] * numbers[at + 1];
    three += codes[at + 2] * numbers[at + 2];
    four += codes[at + 3] * numbers[at + 3];
  }
  return one + two + (three + four);
}
