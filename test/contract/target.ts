// The server that the contract is put to, as any client sees it: HTTPS, a bearer token, JSON.
import { Agent, request } from "undici";

export interface ContractTarget {
  readonly name: string;
  readonly url: string;
  readonly certificateAuthority: string;
  readonly adminToken: string;
  /** Makes the server forget what has happened so far: a watch cannot begin there any more. */
  forgetHistory(): Promise<void>;
  /** A token of a service account that is good for so many seconds, or a few more. */
  tokenOf(
    account: { readonly namespace: string; readonly name: string; readonly uid: string },
    lifeSeconds: number,
  ): string;
}

export interface ContractAnswer {
  readonly status: number;
  readonly body: ContractObject;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Any object of the API, or a Status. */
export interface ContractObject {
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
    readonly [other: string]: unknown;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: unknown;
  readonly reason?: string;
  readonly message?: string;
  readonly code?: number;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly [other: string]: unknown;
}

export interface ContractEvent {
  readonly type: string;
  readonly object: ContractObject;
}

interface ContractCallOptions {
  readonly contentType?: string;
  /** null sends none; the administrator's unless given. */
  readonly token?: string | null;
  readonly accept?: string;
  /** Beside those that every call has. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

export interface ContractClient {
  call(
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body?: unknown,
    options?: ContractCallOptions,
  ): Promise<ContractAnswer>;
  /** The events of a watch, until it ends or the caller stops reading. */
  watch(path: string): AsyncGenerator<ContractEvent, void>;
  close(): Promise<void>;
}

const longestMs = 60_000;

export function openContractClient(target: ContractTarget): ContractClient {
  // Over HTTP/2 undici sends the values of a header as one, whatever they are.
  const connect = { ca: target.certificateAuthority };
  const agent = new Agent({ connect, connections: 8, allowH2: false });

  async function send(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string | string[]>,
  ) {
    return await request(`${target.url}${path}`, {
      dispatcher: agent,
      method: method as "GET",
      // As a flat list: a header with several values is sent several times.
      headers: Object.entries(headers).flatMap(([name, values]) =>
        [values].flat().flatMap((value) => [name, value]),
      ),
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(longestMs),
    });
  }

  return {
    async call(method, path, body, options = {}) {
      const {
        contentType = "application/json",
        token = target.adminToken,
        accept = "application/json",
        headers: more = {},
      } = options;
      const {
        statusCode,
        headers,
        body: stream,
      } = await send(method, path, body, {
        accept,
        ...(more as Record<string, string | string[]>),
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": contentType }),
      });
      const text = await stream.text();
      return {
        status: statusCode,
        headers,
        body: (text.startsWith("{") ? JSON.parse(text) : { text }) as ContractObject,
      };
    },
    async *watch(path) {
      const { body } = await send("GET", path, undefined, {
        accept: "application/json",
        authorization: `Bearer ${target.adminToken}`,
      });
      let rest = "";
      for await (const chunk of body) {
        const lines = (rest + String(chunk)).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) if (line !== "") yield JSON.parse(line) as ContractEvent;
      }
    },
    close: () => agent.destroy(),
  };
}
