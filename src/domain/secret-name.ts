/** Words that say what a token or key is counted, kept or looked up by: the variable holds no secret then. */
const notSecretBefore = new Set(
  "CACHE SORT PRIMARY FOREIGN PARTITION PUBLIC PUBLISHABLE HOT SHORTCUT REGISTRY HOST DEDUPE IDEMPOTENCY".split(" "),
);
const lastSecret = new Set(
  "KEY TOKEN SECRET SECRETS PASSWORD PASSWD PASS PASSPHRASE PWD PAT CREDENTIALS CREDENTIAL AUTH AUTHORIZATION COOKIE DSN".split(
    " ",
  ),
);
const secretPlural = /^(?:API|ACCESS|AUTH|BEARER|REFRESH|SECRET|ENCRYPTION|SIGNING)$/;
/** Written as one word. */
const compound =
  /(?:PASSWORD|PASSWD|PASSPHRASE|APIKEY|ACCESSKEY|SECRETKEY|PRIVATEKEY|AUTHKEY|AUTHTOKEN|ACCESSTOKEN|APITOKEN)$/;
/** What may follow the telling word in the name of a secret: `SECRET_KEY_BASE`, `PASSWORD_OLD`, `TOKEN_2`. */
const afterSecret =
  /^(?:\d+|BASE|OLD|NEW|NEXT|PREVIOUS|BACKUP|VALUE|JSON|B64|BASE64|DEV|TEST|STAGING|PROD|PRODUCTION)$/;

/**
 * Whether the value of an environment variable is a secret, as its name says; or as its value does, where that is an address
 * with a user and a password.
 */
export function isSecretName(name: string, value = ""): boolean {
  if (/:\/\/[^\s/@:]{0,256}:[^\s/@]{1,512}@/.test(value.slice(0, 4_096))) return true;
  const words = wordsOf(name);
  while (words.length > 1 && afterSecret.test(words.at(-1) ?? "")) words.pop();
  const last = words.at(-1) ?? "";
  const before = words.at(-2) ?? "";
  if (compound.test(last)) return true;
  if (last === "KEYS" || last === "TOKENS") return secretPlural.test(before);
  if (last === "URL" || last === "URI") return before === "WEBHOOK" || before === "DATABASE";
  if (last === "STRING") return before === "CONNECTION";
  // The working folder of a shell; the finger print that images of Python carry.
  if ((last === "PWD" && words.length === 1) || name === "GPG_KEY") return false;
  return lastSecret.has(last) && !notSecretBefore.has(before);
}

/** `openai_api-key`, `npm_config_authToken`: in capitals. */
function wordsOf(name: string): string[] {
  return name
    .slice(0, 512)
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toUpperCase()
    .split(/[^A-Z0-9]+/)
    .filter((word) => word !== "");
}
