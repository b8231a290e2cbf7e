// Fill in the parameters of a node as n8n does: `node resolve.js MODULES` reads `{"workflow": …, "node": NAME, "item": …}`
// as JSON from standard input, the item being what comes into the node, and prints the parameters. MODULES is the folder
// that `npm ci` filled.
const fs = require("node:fs");
const path = require("node:path");

const { Workflow } = require(path.join(process.argv[2], "n8n-workflow"));
const { workflow, node, item } = JSON.parse(fs.readFileSync(0, "utf8"));
const description = { properties: [], inputs: ["main"], outputs: ["main"], defaults: {}, group: [], version: 1 };
const nodeTypes = { getByNameAndVersion: () => ({ description }), getKnownTypes: () => ({}) };
// A workflow drops the parameters that its node types do not describe, so it gets copies.
const opened = new Workflow({ ...structuredClone(workflow), id: "1", nodeTypes });
const { parameters } = workflow.nodes.find((each) => each.name === node);
const resolved = opened.expression.getParameterValue(parameters, null, 0, 0, node, [{ json: item }], "manual", {});
console.log(JSON.stringify(resolved));
