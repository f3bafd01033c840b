// Sends from a page, with `fetch`, what v1's faultline-js sends, and settles as its promises do. No registry has
// faultline-js itself.
"use strict";

const NOTIFIER = { name: "faultline-js", version: "1.0.0", url: "https://github.com/faultline/faultline-js" };
// Maximum length of a body that is sent.
const LONGEST = 64_000;

// Returns the frames of an error from Chromium's stack format.
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

// Resolves with an answer that has an `id`, and rejects with one that has an `error`. Any other answer below status 500
// never settles it.
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

// Raises an error here, so that its stack trace is the page's own.
function total(message) {
  try {
    throw new RangeError(message);
  } catch (error) {
    return error;
  }
}

// Returns how the promise settled.
window.post = (options, message) => send(options, total(message)).then(
  (answer) => ({ resolved: answer }),
  (error) => ({ rejected: error.message }),
);
