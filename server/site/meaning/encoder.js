// Text to vectors: kb/model/encoder.py in the browser, by ONNX Runtime's WebAssembly on one thread.

import { readArrays } from "./arrays.js";
import { pieceTable } from "./knowledge.js";
import { Tokenizer } from "./tokenizer.js";

const BLOCK = 32; // numbers of a row of the table that share one scale

export class Encoder {
  /** Load the runtime and the model; what the records need beside the model's own pieces comes with the knowledge. */
  static async open(runtime, { wasm, encoder, pieces }, knowledge) {
    const ort = await import(runtime.href);
    ort.env.wasm.numThreads = 1; // more need headers that plain file servers do not send
    ort.env.wasm.wasmBinary = wasm;
    const session = await ort.InferenceSession.create(new Uint8Array(encoder), { executionProviders: ["wasm"] });
    return new Encoder(ort, session, readArrays(pieces), knowledge);
  }

  constructor(ort, session, shared, knowledge) {
    this.ort = ort;
    this.session = session;
    this.knowledge = knowledge;
    this.tables = [pieceTable(shared), knowledge.ownPieces];
    const scores = this.tables.flatMap(({ scores }) => [...scores]);
    this.tokenizer = new Tokenizer(this.tables.flatMap(({ pieces }) => pieces), scores);
  }

  /** Return the vector of a question, and those of its own tokens, each of length 1. */
  async encode(text) {
    const { dim, limits, query_prefix: prompt } = this.knowledge;
    const { ids: all, own: ownAll } = this.tokenizer.encode(prompt, text);
    const ids = all.length > limits.query_tokens ? [...all.slice(0, limits.query_tokens - 1), all.at(-1)] : all;
    const rows = new Float32Array(ids.length * dim);
    ids.forEach((id, at) => this.readRow(id, rows.subarray(at * dim, (at + 1) * dim)));
    const words = new this.ort.Tensor("float32", rows, [1, ids.length, dim]);
    const found = await this.session.run({ words });
    const vector = found.sentence_embedding.data.slice();
    const own = ownAll.filter((at) => at < ids.length - 1);
    const tokens = own.map((at) => unit(found.token_embeddings.data.slice(at * dim, (at + 1) * dim)));
    return { vector, tokens: tokens.length ? tokens : [vector] };
  }

  /** Fill a row with the numbers of a piece: those of four bits are scaled, 32 by 32. */
  readRow(id, row) {
    const [shared, own] = this.tables;
    const [table, at] = id < shared.pieces.length ? [shared, id] : [own, id - shared.pieces.length];
    const scales = table.halves.subarray((at * row.length) / BLOCK);
    for (let column = 0; column < row.length; column += 1) {
      const pair = table.nibbles[(at * row.length + column) >> 1];
      const nibble = column & 1 ? pair >> 4 : pair & 15;
      row[column] = (nibble - 8) * scales[(column / BLOCK) | 0];
    }
  }
}

function unit(vector) {
  const length = Math.hypot(...vector);
  return vector.map((number) => number / length);
}
