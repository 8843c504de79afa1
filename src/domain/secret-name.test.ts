import { describe, expect, it } from "vitest";
import { isSecretName } from "./secret-name.ts";

describe("the name of an environment variable", () => {
  it.each(
    `OPENAI_API_KEY ANTHROPIC_API_KEY api-key apiKey GITHUB_TOKEN GH_PAT NODE_AUTH_TOKEN TOKEN CLIENT_SECRET SECRET_KEY_BASE
    DJANGO_SECRET_KEY AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN PGPASSWORD MYSQL_PWD DB_PASSWORD DB_PASSWORD_OLD REDIS_AUTH
    SSH_KEY_PASSPHRASE API_KEYS AUTH_TOKENS SENTRY_DSN SLACK_WEBHOOK_URL DATABASE_URL AZURE_STORAGE_CONNECTION_STRING
    npm_config_authToken SESSION_COOKIE APIKEY STRIPE_SECRET_KEY_TEST GOOGLE_APPLICATION_CREDENTIALS`.split(/\s+/),
  )("tells of a secret: %s", (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  it.each(
    `SSH_AUTH_SOCK KEYBOARD MAX_TOKENS TOKENIZERS_PARALLELISM PATH HOME PWD OLDPWD GIT_ASKPASS SSH_ASKPASS KEYTIMEOUT MONKEY
    XAUTHORITY PUBLIC_KEY STRIPE_PUBLISHABLE_KEY AWS_ACCESS_KEY_ID TOKEN_LIMIT TOKEN_URL PASSWORD_FILE PGPASSFILE BYPASS
    COMPASS GPG_KEY CACHE_KEY OUTPUT_TOKENS API_KEY_HEADER SECRET_NAME HTTP_PROXY AUTHOR PASSENGER CI BASE_URL PATTERN`.split(
      /\s+/,
    ),
  )("tells of none: %s", (name) => {
    expect(isSecretName(name)).toBe(false);
  });

  it("is not asked where the value is an address with a password", () => {
    expect(isSecretName("HTTP_PROXY", "http://me:hunter2@proxy:8080")).toBe(true);
    expect(isSecretName("HTTP_PROXY", "http://proxy:8080")).toBe(false);
  });

  it("may be empty or very long", () => {
    expect(isSecretName("")).toBe(false);
    expect(isSecretName("A_".repeat(100_000))).toBe(false);
  });
});
