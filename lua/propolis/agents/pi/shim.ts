// propolis for pi: forwards pi's events to `propolis hook pi EVENT` and hands
// its output for the first prompt back. Written by `propolis install pi` and
// replaced by the next one. Events leave one after the other, so that they are
// stored in order; pi never waits for them, and nothing here throws.
const AGENT = "pi";
const CONTEXT_MS = 1500; // what pi waits for the context
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

// What the model was told in a session. It stays the same from prompt to prompt,
// so that what a provider keeps of a prompt holds, until the session begins
// anew for the model; why it does, the next question for the context says.
const contexts = new Map();
let source;

const RENEWS = {
  session_start: (event) => event?.reason,
  session_switch: (event) => event?.reason,
  session_fork: () => "fork",
  session_compact: () => "compact",
};

function renew(name, event) {
  if (!RENEWS[name]) return;
  contexts.clear();
  source = RENEWS[name](event);
}

// What pi knows about the session. Anything may be missing.
function about(ctx) {
  const session = ctx?.sessionManager;
  return {
    source,
    cwd: ctx?.cwd ?? session?.getCwd?.() ?? process.cwd(),
    sessionId: session?.getSessionId?.(),
    sessionFile: session?.getSessionFile?.(),
    hasUI: ctx?.hasUI,
    mode: ctx?.mode,
    model: ctx?.model?.id,
  };
}

// Without what other events told already: a turn's end repeats its messages,
// a turn's start the system prompt.
function told(name, event) {
  if (name === "agent_end") return { type: name };
  if (name !== "before_agent_start") return event;
  return { type: name, prompt: event?.prompt };
}

function forward(name, event, ctx) {
  return send(name, () => ({ event: told(name, event), ctx: about(ctx) }));
}

// The context out of an answer; the notice in it goes to the person.
function read(text, ctx) {
  try {
    const { context, notice } = JSON.parse(text);
    if (notice && ctx?.hasUI) ctx.ui?.notify?.(notice, "info");
    return typeof context === "string" ? context : "";
  } catch {
    return "";
  }
}

async function contextFor(event, ctx) {
  const id = about(ctx).sessionId;
  if (contexts.has(id)) return contexts.get(id);
  const answer = forward("before_agent_start", event, ctx);
  const context = read(await within(answer, CONTEXT_MS), ctx);
  if (id && context !== "") contexts.set(id, context);
  return context;
}

export default function propolis(pi) {
  for (const name of EVENTS)
    pi.on(name, (event, ctx) => {
      renew(name, event);
      forward(name, event, ctx);
    });
  // What the person and the tools say has events of its own.
  pi.on("message_end", (event, ctx) => {
    if (event?.message?.role === "assistant")
      forward("message_end", event, ctx);
  });
  pi.on("before_agent_start", async (event, ctx) => {
    const context = await contextFor(event, ctx);
    if (context === "") return undefined;
    return { systemPrompt: `${event?.systemPrompt ?? ""}\n\n${context}` };
  });
  pi.on("session_shutdown", async (event, ctx) => {
    await within(forward("session_shutdown", event, ctx), DRAIN_MS);
  });
}
