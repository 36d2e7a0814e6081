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

// The context goes to the model, the notice to the person.
function withContext(text, event, ctx) {
  try {
    const { context, notice } = JSON.parse(text);
    if (notice && ctx?.hasUI) ctx.ui?.notify?.(notice, "info");
    if (typeof context !== "string" || context === "") return undefined;
    return { systemPrompt: `${event.systemPrompt ?? ""}\n\n${context}` };
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
      CONTEXT_MS,
    );
    return withContext(text, event, ctx);
  });
  pi.on("session_shutdown", async (event, ctx) => {
    await within(forward("session_shutdown", event, ctx), DRAIN_MS);
  });
}
