import { z } from "zod";
import { requests } from "./contract.ts";
import { eventsPath, healthPath, lastEventHeader, methodPath, versionHeader } from "./http.ts";

const error = {
  description: "What happened, why, and what to do next",
  content: {
    "application/json": {
      schema: {
        type: "object",
        required: ["version", "code", "what", "why", "next", "exitCode"],
        properties: {
          version: { const: 1 },
          code: { type: "string" },
          what: { type: "string" },
          why: { type: ["string", "null"] },
          next: { type: ["string", "null"] },
          exitCode: { type: "integer" },
        },
      },
    },
  },
};

const answer = {
  description: "The answer; its shape is the type of the method in src/api/views.ts",
  content: { "application/json": { schema: { type: "object", properties: { version: { const: 1 } } } } },
};

const json = (schema: z.ZodType): unknown => z.toJSONSchema(schema, { io: "input" });

/** The contract as OpenAPI 3.1; written to a file by the build. */
export function openApi(version: string): object {
  const methods = Object.entries(requests).map(([name, schema]) => [
    methodPath(name),
    {
      post: {
        operationId: name,
        requestBody: { content: { "application/json": { schema: json(schema) } } },
        responses: { "200": answer, default: error },
      },
    },
  ]);
  const health = { get: { operationId: "health", responses: { "200": answer, default: error } } };
  const events = {
    get: {
      operationId: "follow",
      description: "The run's events; the id of each is its number. The event `rest` ends the feed.",
      parameters: [
        { name: "run", in: "path", required: true, schema: { type: "string" } },
        { name: lastEventHeader, in: "header", schema: { type: "integer", minimum: 0 } },
      ],
      responses: { "200": { description: "Events", content: { "text/event-stream": {} } }, default: error },
    },
  };
  return {
    openapi: "3.1.0",
    info: {
      title: "nightcrew",
      version,
      description:
        `On the home's unix socket; on TCP only where asked for, with a bearer token. ` +
        `A client that sends \`${versionHeader}\` is refused where the daemon is of another version.`,
    },
    components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    paths: {
      ...Object.fromEntries(methods),
      [healthPath]: health,
      [eventsPath("{run}").replace("%7Brun%7D", "{run}")]: events,
    },
  };
}
