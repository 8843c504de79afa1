import { OperationalError } from "../../std/operational-error.ts";
import { duration, printable, singleLine } from "../../std/text.ts";
import { chatUrl, type Endpoint } from "./endpoint.ts";
import { retryAfterMs, type ModelReply, type NoReply } from "./transport.ts";

const otherWays = "or have the text done as one task: --as-tasks";

export function refused(endpoint: Endpoint, reply: ModelReply & { readonly complaint: string }): OperationalError {
  const { status, complaint } = reply;
  const why = `HTTP ${status}${complaint === "" ? "" : `: ${complaint}`}`;
  const { keyName, name, model } = endpoint;
  if (status >= 300 && status < 400) return movedAway(endpoint, reply);
  if (status === 401 || status === 403) {
    const next = keyName === null ? "give its key: planning: apiKeyEnv in nightcrew.yaml" : `correct ${keyName}`;
    const what = keyName === null ? `${name} wants a key` : `${name} refuses the key in ${keyName}`;
    return new OperationalError({ code: "planning-key-refused", what, why, next: `${next}, ${otherWays}` });
  }
  if (status === 404 && !/model/i.test(complaint)) return nothingThere(endpoint, why);
  if (status === 404) {
    const next = `name another one: --model NAME, ${otherWays}`;
    return new OperationalError({
      code: "planning-model",
      what: `${name} does not know the model ${model}`,
      why,
      next,
    });
  }
  if (status === 402 || status === 429) {
    const wait = retryAfterMs(reply);
    const next = `try again ${wait === null ? "later" : `in ${duration(wait)}`}, ${otherWays}`;
    return new OperationalError({
      code: "planning-limited",
      what: `${name} takes no more requests for now`,
      why,
      next,
    });
  }
  return new OperationalError({
    code: "planning-endpoint",
    what: `${name} could not answer for ${model}`,
    why,
    next: `try again, name another model: --model NAME, ${otherWays}`,
  });
}

function nothingThere(endpoint: Endpoint, why: string): OperationalError {
  const url = chatUrl(endpoint);
  return new OperationalError({
    code: "planning-endpoint",
    what: `${endpoint.name} has no model to ask at ${url?.pathname ?? ""}`,
    why,
    next: `look at its address: planning: endpoint in nightcrew.yaml, LITELLM_API_BASE and the like, often with /v1 at its end; ${otherWays}`,
  });
}

/** Where it sends to may be anybody: a key goes only where somebody said that it does. */
function movedAway({ name }: Endpoint, { status, headers }: ModelReply): OperationalError {
  const [to = ""] = (headers["location"] ?? "").split(/[?#]/);
  return new OperationalError({
    code: "planning-endpoint",
    what: `${name} sends to another address, where nothing was sent`,
    why: `HTTP ${status}${to === "" ? "" : `: ${singleLine(printable(to), 200)}`}`,
    next: `if that is where it is now, name it instead: planning: endpoint in nightcrew.yaml, LITELLM_API_BASE and the like; ${otherWays}`,
  });
}

export function noAddress({ name }: Endpoint): OperationalError {
  return new OperationalError({
    code: "planning-address",
    what: `No model can be asked at ${name}: it is no address`,
    why: "it has to begin with http:// or https://",
    next: `correct planning: endpoint in nightcrew.yaml, LITELLM_API_BASE, OPENAI_BASE_URL or what named it; ${otherWays}`,
  });
}

export function notAKey({ keyName }: Endpoint): OperationalError {
  return new OperationalError({
    code: "planning-key-refused",
    what: `What ${keyName ?? "the key's variable"} holds is no key: nothing was sent`,
    why: "it has blanks, line ends or characters that are not ASCII in it",
    next: `correct ${keyName ?? "it"}, ${otherWays}`,
  });
}

export function notAnAnswer({ name }: Endpoint, said: string): OperationalError {
  return new OperationalError({
    code: "planning-endpoint",
    what: `What ${name} says is not the answer of a model`,
    why: said || "it is empty",
    next: `look at its address: planning: endpoint in nightcrew.yaml, LITELLM_API_BASE and the like; ${otherWays}`,
  });
}

export function unreachable({ name }: Endpoint, error: NoReply): OperationalError {
  return new OperationalError({
    code: "planning-unreachable",
    what: error.unreadable ? `${name} answered, and not as a model does` : `${name} cannot be reached to make a plan`,
    why: singleLine(error.message, 300),
    next: `see whether it is up, and try again; ${otherWays}`,
    cause: error,
  });
}

export function tooSlow(name: string, timeoutMs: number, trouble: string | null): OperationalError {
  return new OperationalError({
    code: "planning-timeout",
    what: `${name} did not answer within ${duration(timeoutMs)}`,
    ...(trouble === null ? {} : { why: `it was asked again after: ${singleLine(trouble, 200)}` }),
    next: `give it longer: planning: timeout in nightcrew.yaml; ${otherWays}`,
  });
}

export function stopped(name: string): OperationalError {
  return new OperationalError({
    code: "daemon-stopped",
    what: `Asking ${name} for a plan was ended: nothing was begun`,
    why: "the daemon was stopped, or nobody waited for the answer any more",
    next: "the same command again",
    exitCode: 1,
  });
}
