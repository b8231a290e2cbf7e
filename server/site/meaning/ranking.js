// Which records answer a question, and how sure that is: kb/retrieval/ranking.py, answering.py and kb/fusion.py in the
// browser. Pure: an opened knowledge base and an embedded question in, hits out.

import { plainWords } from "../words.js";
import { conflicts } from "./marks.js";

const K1 = 1.2;
const B = 0.75;
const LEAST_IDF = 1e-6;
const MAX_LOGIT = 300;
const LEAST_SHARE = 1e-12;
const LEAST_EVIDENCE = -4;

/**
 * Return the candidates for a question, surest first. `asked` has its text, marks and language, that of its reader, the
 * vector and the token vectors of the text; `about` are the positions to choose from, none for all; `named` are candidates in any case.
 */
export function rankRecords(knowledge, asked, about, named) {
  const positions = [...new Set([...candidates(knowledge, asked, about), ...named])].sort((one, other) => one - other);
  const column = knowledge.columns[asked.language] ?? knowledge.columns.any;
  const views = nearestViews(knowledge, asked, positions, column);
  const standings = standingsOf(views.map(({ late }) => late), knowledge.limits.least_deviation);
  const evidence = wordingEvidence(knowledge, asked.vector);
  const scored = positions.map((position, at) => ({
    position,
    parts: {
      ...nearestPassage(knowledge, asked, position, column),
      ...views[at],
      standing: standings[at],
      alternates: Math.log(knowledge.viewsOf(position).length),
      brevity: 1 / asked.tokens.length,
      wordings: evidence.get(position) ?? 0,
      conflicts: conflicts(asked.marks, knowledge.marks[position]),
    },
  }));
  return withConfidence(knowledge, scored, asked.reader);
}

function candidates(knowledge, asked, about) {
  const isAllowed = about.size ? (position) => about.has(position) : () => true;
  const rows = [...knowledge.rows()].filter((row) => isAllowed(knowledge.positions[row]));
  const cosines = new Map(rows.map((row) => [row, knowledge.cosine(row, asked.vector)]));
  rows.sort((one, other) => cosines.get(other) - cosines.get(one) || one - other);
  const near = rows.slice(0, knowledge.limits.dense).map((row) => knowledge.positions[row]);
  return [...near, ...lexical(knowledge, asked.text, isAllowed)];
}

/** Return the positions of the records that share words with a text, best BM25 first. */
function lexical(knowledge, text, isAllowed) {
  const scores = new Map();
  for (const word of new Set(plainWords(text))) {
    const posted = knowledge.words.get(word) ?? [];
    const holders = posted.length / 2;
    const rarity = Math.max(Math.log((knowledge.count - holders + 0.5) / (holders + 0.5)), LEAST_IDF);
    for (let at = 0; at < posted.length; at += 2) {
      const [position, often] = [posted[at], posted[at + 1]];
      if (!isAllowed(position)) continue;
      const norm = K1 * (1 - B + (B * knowledge.lengths[position]) / Math.max(knowledge.meanLength, 1e-9));
      scores.set(position, (scores.get(position) ?? 0) + (rarity * often * (K1 + 1)) / (often + norm));
    }
  }
  const ranked = [...scores].sort((one, other) => other[1] - one[1] || one[0] - other[0]);
  return ranked.slice(0, knowledge.limits.lexical).map(([position]) => position);
}

function nearestPassage(knowledge, { vector }, position, column) {
  const { weights } = knowledge.ranking;
  const found = knowledge.rowsOf(position).map((row) => ({
    cosine: knowledge.cosine(row, vector),
    cosine_baseline: knowledge.baselines[row * 3 + column],
  }));
  return best(found, (each) => weights.cosine * each.cosine + weights.cosine_baseline * each.cosine_baseline);
}

function nearestViews(knowledge, { tokens }, positions, column) {
  const { weights } = knowledge.ranking;
  return positions.map((position) => {
    const found = knowledge.viewsOf(position).map((view) => {
      const matches = knowledge.matches(tokens, knowledge.viewTokens(view));
      const late = matches.reduce((sum, match) => sum + match, 0) / matches.length;
      return { late, late_baseline: knowledge.view_baselines[view * 3 + column] };
    });
    return best(found, (each) => weights.late * each.late + weights.late_baseline * each.late_baseline);
  });
}

/** Return the first of the highest by a score. */
function best(found, score) {
  return found.reduce((one, next) => (score(next) > score(one) ? next : one));
}

function standingsOf(late, leastDeviation) {
  const mean = late.reduce((sum, value) => sum + value, 0) / late.length;
  const variance = late.reduce((sum, value) => sum + (value - mean) ** 2, 0) / late.length;
  return late.map((value) => (value - mean) / (Math.sqrt(variance) + leastDeviation));
}

/** Return of each record with many wordings how many times likelier than chance it is, as a logarithm. */
function wordingEvidence({ wordings: { positions, weights }, dim }, vector) {
  const logits = [...positions].map((_, at) => {
    const start = at * (dim + 1);
    let sum = weights[start + dim];
    for (let own = 0; own < dim; own += 1) sum += weights[start + own] * vector[own];
    return sum;
  });
  const highest = Math.max(...logits);
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0);
  const likelier = (logit) => logit - highest - Math.log(total) + Math.log(logits.length);
  return new Map([...positions].map((position, at) => [position, Math.max(likelier(logits[at]), LEAST_EVIDENCE)]));
}

function withConfidence(knowledge, scored, language) {
  const { ranking, twins, languages } = knowledge;
  const own = sharedByWordings(knowledge, scored);
  const odds = new Map(); // of each group of translations
  for (const { position } of scored) {
    odds.set(twins[position], Math.max(odds.get(twins[position]) ?? 0, own.get(position)));
  }
  const total = [...odds.values()].reduce((sum, each) => sum + each, 1);
  const isOwn = (position) => languages[position] === language;
  return scored
    .map((hit) => {
      const share = (isOwn(hit.position) ? odds.get(twins[hit.position]) : own.get(hit.position)) / total;
      return { ...hit, confidence: calibrated(share, ranking) };
    })
    .sort((one, other) => {
      const surer = other.confidence - one.confidence;
      return surer || isOwn(other.position) - isOwn(one.position) || one.position - other.position;
    });
}

function oddsOf({ weights, intercept }, parts) {
  const logit = Object.entries(weights).reduce((sum, [name, weight]) => sum + weight * parts[name], intercept);
  return Math.exp(Math.max(-MAX_LOGIT, Math.min(MAX_LOGIT, logit)));
}

/** Return the odds by position; what records with many wordings have together is shared out by their classifier. */
function sharedByWordings({ ranking, limits }, scored) {
  const odds = new Map(scored.map((hit) => [hit.position, oddsOf(ranking, hit.parts)]));
  const known = scored.filter((hit) => hit.parts.wordings);
  if (known.length < 2) return odds;
  const together = known.reduce((sum, hit) => sum + odds.get(hit.position), 0);
  const logits = known.map(
    (hit) => limits.others_say * Math.log(odds.get(hit.position)) + limits.wordings_say * hit.parts.wordings,
  );
  const highest = Math.max(...logits);
  const shares = logits.map((logit) => Math.exp(logit - highest));
  const total = shares.reduce((sum, share) => sum + share, 0);
  known.forEach((hit, at) => odds.set(hit.position, (together * shares[at]) / total));
  return odds;
}

function calibrated(share, { slope, offset }) {
  const certain = Math.min(Math.max(share, LEAST_SHARE), 1 - LEAST_SHARE);
  return 1 / (1 + Math.exp(-slope * Math.log(certain / (1 - certain)) - offset));
}

/** Return the hits with those that a known error names first, and the others sharing what is left. */
export function raiseNamed(hits, named, confidence) {
  if (!named.length) return hits;
  const isNamed = ({ position }) => named.includes(position);
  const first = hits.filter(isNamed).map((hit) => ({ ...hit, confidence: Math.max(hit.confidence, confidence) }));
  const rest = hits.filter((hit) => !isNamed(hit));
  return [...first, ...rest.map((hit) => ({ ...hit, confidence: Math.min(hit.confidence, 1 - confidence) }))];
}

// From hits to an answer

/** Return the state of an answer and what is shown: the answer and runners-up, choices, or suggestions. */
export function decide({ ranking, limits, twins }, hits) {
  const sure = hits[0]?.confidence ?? 0;
  const each = withoutTranslations(hits, twins);
  if (hits.length && sure >= ranking.answered_above) return { status: "answered", shown: hits.slice(0, limits.choices) };
  if (sure >= Math.min(ranking.answered_above, ranking.ambiguous_above) && each.length > 1) {
    const likely = each.slice(0, limits.choices).filter((hit) => hit.confidence >= limits.likely).length;
    return { status: "ambiguous", shown: each.slice(0, Math.max(2, likely)) };
  }
  const near = each.slice(0, limits.choices).filter((hit) => hit.confidence >= limits.suggested_least);
  return { status: "no_answer", shown: near };
}

function withoutTranslations(hits, twins) {
  const seen = new Set();
  return hits.filter(({ position }) => !seen.has(twins[position]) && seen.add(twins[position]));
}
