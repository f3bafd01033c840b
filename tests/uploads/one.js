// `one.js UPLOADER OUT BUILD` builds and uploads once, in a process of its own: plugins read the environment.
"use strict";

const { UPLOADERS, plain, withoutUpload } = require("./uploaders.js");

const [name, out, build] = process.argv.slice(2);
const upload = { none: withoutUpload, plain, ...UPLOADERS }[name];
upload(out, build, process.env)
  .then((log) => console.log(log ?? ""))
  .catch((error) => {
    console.error(error.stdout ?? "", error.stderr ?? "", error);
    process.exitCode = 1;
  });
