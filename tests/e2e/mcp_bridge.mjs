// mcp_bridge.mjs PROGRAM   streamable HTTP in front of `propolis mcp`, for the
// conformance suite, which speaks to servers by URL only.  Prints the URL.
// A session of the older versions is a process of its own; all requests of the
// versions without sessions share one.
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { randomUUID } from "node:crypto";

const program = process.argv[2];
const sessions = new Map();

function open() {
    const child = spawn(program, ["mcp"],
        { stdio: ["pipe", "pipe", "inherit"] });
    const session = { child, waiting: new Map(), last: 0 };
    createInterface({ input: child.stdout }).on("line", (line) => {
        const message = JSON.parse(line);
        const own = message.id ?? session.last;
        const one = session.waiting.get(own);
        if (!one) return;
        if (message.id === undefined) return one.notify(message);
        session.waiting.delete(own);
        one.done({ ...message, id: one.id });
    });
    return session;
}

function send(session, message) {
    session.child.stdin.write(JSON.stringify(message) + "\n");
}

// Answers with JSON, or with a stream once a notification comes before.
function answer(response, headers) {
    let stream = false;
    const event = (message) =>
        response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
    return {
        notify(message) {
            if (!stream) response.writeHead(200, { ...headers,
                "content-type": "text/event-stream" });
            stream = true;
            event(message);
        },
        done(message) {
            if (stream) {
                event(message);
                return response.end();
            }
            const code = message.error && message.error.code === -32022
                ? 400 : 200;
            response.writeHead(code, { ...headers,
                "content-type": "application/json" });
            response.end(JSON.stringify(message));
        },
    };
}

function handle(message, request, response) {
    let key = request.headers["mcp-session-id"] ?? "";
    if (message.method === "initialize") key = randomUUID();
    if (!sessions.has(key)) sessions.set(key, open());
    const session = sessions.get(key);
    const headers = key ? { "mcp-session-id": key } : {};
    if (message.id === undefined) {
        send(session, message);
        return response.writeHead(202, headers).end();
    }
    session.last += 1;
    session.waiting.set(session.last, { id: message.id,
        ...answer(response, headers) });
    send(session, { ...message, id: session.last });
}

const server = createServer((request, response) => {
    if (request.method !== "POST") return response.writeHead(405).end();
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () =>
        handle(JSON.parse(Buffer.concat(parts)), request, response));
});
server.listen(Number(process.argv[3] ?? 0), "127.0.0.1", () =>
    console.log(`http://127.0.0.1:${server.address().port}/mcp`));
