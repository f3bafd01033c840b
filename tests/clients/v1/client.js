// Sends from a page what v1's faultline-js sends by `fetch`, and settles as its promises do. faultline-js itself is not to be
// had from a registry.
"use strict";

const NOTIFIER = { name: "faultline-js", version: "1.0.0", url: "https://github.com/faultline/faultline-js" };
// Longer bodies are not sent.
const LONGEST = 64_000;

// The frames of an error, in Chromium's form of a stack.
function backtrace(error) {
  const frame = /^ +at (?:(?<name>.+) \()?(?<file>\S+?):(?<line>\d+):(?<column>\d+)\)?$/;
  const found = error.stack.split("\n").map((line) => frame.exec(line)?.groups);
  return found.filter(Boolean).map(({ name, file, line, column }) => {
    return { function: name ?? "", file, line: Number(line), column: Number(column) };
  });
}

function notice(error) {
  return {
    errors: [{ type: error.name, message: error.message, backtrace: backtrace(error) }],
    context: {
      language: "JavaScript",
      notifier: NOTIFIER,
      url: String(window.location),
      rootDirectory: window.location.origin,
      userAgent: navigator.userAgent,
      history: [{ type: "location", date: new Date().toISOString(), from: "/", to: "/cart" }],
    },
    params: {},
    environment: {},
    session: {},
  };
}

// Resolves with the answer that has an `id`, rejects by one that has an `error`; by any other below status 500 it is never
// settled.
function send({ endpoint, project, apiKey, notifications }, error) {
  const body = JSON.stringify({ ...notice(error), notifications });
  if (body.length >= LONGEST) throw new Error("the notice is too long");
  const headers = { Accept: "application/json", "Content-Type": "application/json", "x-api-key": apiKey };
  return new Promise((resolve, reject) => {
    fetch(`${endpoint}/projects/${project}/errors`, { method: "POST", headers, body }).then(async (answer) => {
      if (answer.status === 429) {
        reject(new Error(`limited until ${answer.headers.get("X-RateLimit-Reset")}`));
      } else if (answer.status >= 500) {
        reject(new Error(`unexpected answer: ${answer.status}`));
      } else {
        const settled = await answer.json();
        if (settled.id) resolve(settled);
        else if (settled.error) reject(new Error(settled.error));
      }
    }).catch(reject);
  });
}

// An error that is raised here, so that it has a stack of the page's own.
function total(message) {
  try {
    throw new RangeError(message);
  } catch (error) {
    return error;
  }
}

// What became of the promise.
window.post = (options, message) => send(options, total(message)).then(
  (answer) => ({ resolved: answer }),
  (error) => ({ rejected: error.message }),
);
