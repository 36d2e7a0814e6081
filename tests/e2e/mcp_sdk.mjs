// mcp_sdk.mjs MODULES PROGRAM   what the official SDK's client gets from
// `propolis mcp`, as one JSON object on stdout.  It checks every result against
// the protocol's schema, and structured content against the tool's.
const [modules, program] = process.argv.slice(2);
const sdk = `${modules}/@modelcontextprotocol/sdk/dist/esm/client`;
const { Client } = await import(`${sdk}/index.js`);
const { StdioClientTransport } = await import(`${sdk}/stdio.js`);

const transport = new StdioClientTransport({ command: program, args: ["mcp"],
    env: process.env });
const client = new Client({ name: "claude-code", version: "1" });
const faults = [];
client.onerror = (error) => faults.push(String(error));
await client.connect(transport);

const call = (name, args, options) =>
    client.callTool({ name, arguments: args }, undefined, options);
const tools = (await client.listTools()).tools;
const kept = await call("note", { text: "The SDK waits for the turtle." });
const found = await call("search", { query: "turtle", all: true },
    { onprogress: (step) => step });
const wrong = await call("search", { query: "turtle", limit: 500 });
const read = await call("read", { ref: kept.structuredContent.ref });
const resources = (await client.listResources()).resources;
const note = await client.readResource({ uri: resources[0].uri });
const templates = (await client.listResourceTemplates()).resourceTemplates;
const users = await client.complete({
    ref: { type: "ref/resource", uri: templates[1].uriTemplate },
    argument: { name: "user", value: "" } });
const unknown = await client.callTool({ name: "none", arguments: {} })
    .catch((error) => error.code);
await client.ping();
await client.close();
console.log(JSON.stringify({ tools: tools.map((tool) => tool.name), faults,
    hits: found.structuredContent.hits.length, wrong: wrong.isError,
    text: read.content[0].text, note: note.contents[0].text,
    users: users.completion.values, unknown }));
