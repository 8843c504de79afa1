import type { OutgoingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import type { HostPort } from "./allow-list.ts";
import { connected } from "./connect.ts";
import type { Upstream } from "./upstream.ts";

const answerTimeoutMs = 30_000;

/** A connection to the target through the user's own proxy, which looks the name up. Rejects with what the proxy says. */
export async function tunnelTo(target: HostPort, upstream: Upstream): Promise<Socket> {
  const { request } = process.getBuiltinModule("node:http");
  const way = await connectUpstream(upstream);
  const host = target.host.includes(":") ? `[${target.host}]` : target.host;
  const authority = `${host}:${target.port}`;
  const asking = request({
    createConnection: () => way,
    method: "CONNECT",
    path: authority,
    headers: { host: authority, ...authorizationOf(upstream) },
  });
  return new Promise((resolve, reject) => {
    asking.setTimeout(answerTimeoutMs, () => asking.destroy(new Error("the upstream proxy does not answer")));
    asking.once("error", reject);
    asking.once("response", (response) => {
      way.destroy();
      reject(new Error(`the upstream proxy answered ${response.statusCode ?? 0}`));
    });
    asking.once("connect", (response, socket: Socket, head: Buffer) => {
      // Of this exchange; what goes through it has its own.
      socket.setTimeout(0);
      if (response.statusCode !== 200) {
        socket.destroy();
        reject(new Error(`the upstream proxy answered ${response.statusCode ?? 0}`));
        return;
      }
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    asking.end();
  });
}

export async function connectUpstream({ host, port, tls }: Upstream): Promise<Socket> {
  const name = `the upstream proxy ${host}:${port}`;
  const { connect } = process.getBuiltinModule("node:net");
  if (!tls) return connected(connect({ host, port }), name);
  const { connect: connectTls } = process.getBuiltinModule("node:tls");
  return connected(connectTls({ host, port, servername: host }), name, "secureConnect");
}

export function authorizationOf({ authorization }: Upstream): OutgoingHttpHeaders {
  return authorization === null ? {} : { "proxy-authorization": authorization };
}
