import { expect, it } from "vitest";
import { placeOfRemote } from "./github-remote.ts";

const github = "https://api.github.com";

it.each([
  ["git@github.com:owner/app.git", github, "owner/app"],
  ["https://github.com/owner/app", github, "owner/app"],
  ["https://me:secret@GitHub.com/owner/app.git/", github, "owner/app"],
  ["ssh://git@ssh.github.com:443/owner/app.git", github, "owner/app"],
  ["git+ssh://git@github.com/owner/app.js", github, "owner/app.js"],
  ["git@ghe.example.org:team/app.git", "https://ghe.example.org/api/v3", "team/app"],
  ["https://octo.ghe.com/team/app", "https://api.octo.ghe.com", "team/app"],
  ["git@github.com:owner/app.git", "http://127.0.0.1:4000", "owner/app"],
  // The same name elsewhere is another repository.
  ["git@github.com:owner/app.git", "https://ghe.example.org/api/v3", null],
  ["git@ghe.example.org:owner/app.git", github, null],
  ["git@gitlab.com:owner/app.git", github, null],
  ["https://github.com/owner/app/more", github, null],
  ["../elsewhere", github, null],
  ["", github, null],
])("%s is, at %s, %s", (url, api, place) => {
  expect(placeOfRemote(url, api)).toBe(place);
});
