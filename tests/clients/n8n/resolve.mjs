// Works out the expressions of a node's parameters: `node resolve.mjs` reads `{"parameters": …, "item": …}` as JSON from
// standard input, the item being what comes into the node as $json, and prints the parameters. What n8n takes for an
// expression is a text that begins with `=`; between `{{` and `}}` stands JavaScript.
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";

const { parameters, item } = JSON.parse(readFileSync(0, "utf8"));

function resolved(value) {
  if (Array.isArray(value)) return value.map(resolved);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, resolved(each)]));
  }
  if (typeof value !== "string" || !value.startsWith("=")) return value;
  return value.slice(1).replace(/\{\{([\s\S]+?)\}\}(?!\})/g, (_, code) => runInNewContext(`(${code})`, { $json: item }));
}

console.log(JSON.stringify(resolved(parameters)));
