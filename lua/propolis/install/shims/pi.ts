// propolis for pi: forwards pi's events to `propolis hook pi EVENT` and hands
// its answer for the first prompt back. Written by `propolis install pi` and
// replaced by the next one. Events leave one after the other, so that they are
// stored in order; pi never waits for them, and nothing here throws.
import { spawn } from "node:child_process";

const PROGRAM = "@PROGRAM@";
const HOOK_MS = 10000; // one hook, at most
const ANSWER_MS = 1500; // what pi waits for the context
const DRAIN_MS = 3000; // what pi waits at its end
const EVENTS = [
  "session_start",
  "input",
  "tool_result",
  "session_switch",
  "session_fork",
  "session_compact",
  "agent_end",
];

let queue = Promise.resolve("");

function run(event, text) {
  return new Promise((resolve) => {
    let out = "";
    let timer;
    const done = () => {
      clearTimeout(timer);
      resolve(out);
    };
    try {
      const child = spawn(PROGRAM, ["hook", "pi", event], {
        stdio: ["pipe", "pipe", "ignore"],
      });
      timer = setTimeout(() => child.kill("SIGKILL"), HOOK_MS);
      timer.unref();
      child.on("error", done);
      child.on("close", done);
      child.stdin.on("error", () => {});
      child.stdout.on("error", () => {});
      child.stdout.setEncoding("utf8");
      child.stdout.on("data", (part) => {
        if (out.length < 1e6) out += part;
      });
      child.stdin.end(text);
    } catch {
      done();
    }
  });
}

// What pi knows about the session. Anything may be missing.
function about(ctx) {
  const session = ctx?.sessionManager;
  return {
    cwd: ctx?.cwd ?? session?.getCwd?.() ?? process.cwd(),
    sessionId: session?.getSessionId?.(),
    sessionFile: session?.getSessionFile?.(),
    hasUI: ctx?.hasUI,
    mode: ctx?.mode,
    model: ctx?.model?.id,
  };
}

// Pictures are named, not copied; numbers JSON cannot hold become text.
function lean(key, value) {
  if (typeof value === "bigint") return value.toString();
  if (value?.type === "image" && typeof value.data === "string")
    return { ...value, data: `${value.data.length} characters left out` };
  return value;
}

// Without what other events told already: a turn's end repeats its messages,
// a turn's start the system prompt.
function told(name, event) {
  if (name === "agent_end") return { type: name };
  if (name !== "before_agent_start") return event;
  return { type: name, prompt: event?.prompt };
}

function forward(name, event, ctx) {
  try {
    const text = JSON.stringify(
      { event: told(name, event), ctx: about(ctx) },
      lean,
    );
    queue = queue.then(() => run(name, text));
  } catch {
    return Promise.resolve("");
  }
  return queue;
}

function within(promise, ms) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve(""), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// The context goes to the model, the notice to the person.
function answer(text, event, ctx) {
  try {
    const reply = JSON.parse(text);
    if (reply?.notice && ctx?.hasUI) ctx.ui?.notify?.(reply.notice, "info");
    if (typeof reply?.context !== "string" || reply.context === "")
      return undefined;
    return { systemPrompt: `${event.systemPrompt ?? ""}\n\n${reply.context}` };
  } catch {
    return undefined;
  }
}

export default function propolis(pi) {
  for (const name of EVENTS)
    pi.on(name, (event, ctx) => {
      forward(name, event, ctx);
    });
  // What the person and the tools say has events of its own.
  pi.on("message_end", (event, ctx) => {
    if (event?.message?.role === "assistant")
      forward("message_end", event, ctx);
  });
  pi.on("before_agent_start", async (event, ctx) => {
    const text = await within(
      forward("before_agent_start", event, ctx),
      ANSWER_MS,
    );
    return answer(text, event, ctx);
  });
  pi.on("session_shutdown", async (event, ctx) => {
    await within(forward("session_shutdown", event, ctx), DRAIN_MS);
  });
}
