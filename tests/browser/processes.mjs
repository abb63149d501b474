// Programs that tests start, each in a process group of its own, so that it ends with all its children.

import { spawn } from "node:child_process";
import { once } from "node:events";

const running = new Set();
process.on("exit", () => running.forEach(kill));
// A signal ends this process without the event above, and would leave the programs behind.
for (const [signal, number] of [["SIGHUP", 1], ["SIGINT", 2], ["SIGTERM", 15]]) {
  process.once(signal, () => process.exit(128 + number));
}

/** Starts a program; what it prints gathers in `started.output`. */
export function start(program, args, { cwd, env = {}, stdio = ["ignore", "pipe", "pipe"] } = {}) {
  const child = spawn(program, args, { cwd, detached: true, env: { ...process.env, ...env }, stdio });
  const exited = once(child, "exit").catch((error) => [error]);
  running.add(child);
  exited.then(() => running.delete(child));
  const started = { child, exited, output: "" };
  for (const stream of child.stdio.slice(1)) {
    stream?.setEncoding("utf8").on("data", (text) => (started.output += text));
  }
  return started;
}

/** Ends a program and all its children at once; resolves when it is gone. */
export async function end({ child, exited }) {
  kill(child);
  await exited;
}

function kill(child) {
  // A program that could not be started has no id.
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}
