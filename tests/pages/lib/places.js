// The list of all pages, so that no chapter that opens all of them forgets one.
"use strict";

// `ready` waits for the content that identifies the page. `status` is its status, if not 200. `{project}` has some
// errors, `{empty}` has no events, and `{error}` has some occurrences. `hasEvent` marks a page that is mostly the
// content of an event. `{least}` is an error that has only a message.
// `isOfUser` marks a page that a user opens, an owner, instead of somebody with the admin key.
exports.PLACES = [
  { name: "sign-in", path: "/sign-in", isSignedOut: true },
  { name: "projects", path: "/" },
  { name: "errors", path: "/projects/{project}/errors?status=unresolved" },
  { name: "errors-none", path: "/projects/{empty}/errors?status=unresolved" },
  { name: "errors-not-found", path: "/projects/{project}/errors?q=nowhere" },
  { name: "errors-misspelt", path: "/projects/{project}/errors?q=level:loud" },
  { name: "error", path: "/projects/{project}/errors/{error}", hasEvent: true },
  { name: "error-least", path: "/projects/{project}/errors/{least}" },
  { name: "error-zoomed", path: "/projects/{project}/errors/{error}/occurrences/first?range=1h", hasEvent: true },
  { name: "connect", path: "/projects/{empty}/connect" },
  { name: "connected", path: "/projects/{project}/connect" },
  { name: "message", path: "/projects/nowhere/errors", status: 404 },
  { name: "settings", path: "/projects/{project}/settings" },
  { name: "releases", path: "/projects/{project}/releases" },
  { name: "release", path: "/projects/{project}/releases/checkout%402.1.0" },
  { name: "source-maps", path: "/projects/{project}/source-maps" },
  { name: "source-maps-check", path: "/projects/{project}/source-maps/check" },
  { name: "rules", path: "/projects/{project}/rules" },
  { name: "health", path: "/operations" },
  { name: "users", path: "/users", isOfUser: true },
  { name: "members", path: "/projects/{project}/members", isOfUser: true },
  { name: "audit-log", path: "/audit-log", isOfUser: true },
  { name: "profile", path: "/profile", isOfUser: true },
  { name: "profile-key", path: "/profile" },
  { name: "join", path: "/join/{invitation}", isSignedOut: true },
];

exports.pathOf = (place, names) => place.path.replace(/\{(\w+)\}/g, (_, name) => names[name]);
