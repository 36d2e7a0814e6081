// What the shims share: how an event reaches `propolis hook`. `propolis install`
// puts it behind each of them, because each is installed as one file.
import { spawn } from "node:child_process";

const PROGRAM = "@PROGRAM@";
const HOOK_MS = 10000; // one hook, at most

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
      const child = spawn(PROGRAM, ["hook", AGENT, event], {
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

// Pictures are named, not copied; numbers JSON cannot hold become text.
function lean(_, value) {
  if (typeof value === "function") return undefined;
  if (typeof value === "bigint") return value.toString();
  if (value?.type === "image" && typeof value.data === "string")
    return { ...value, data: `${value.data.length} characters left out` };
  return value;
}

// Hands what make() gives to our program, after what went before it; the
// promise is its output, "" when there is none.
function send(event, make) {
  try {
    const text = JSON.stringify(make(), lean);
    queue = queue.then(() => run(event, text));
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
