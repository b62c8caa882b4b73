/** Asking the server: one function, errors in the words of the reader, and what can be asked. */
import type { Progress } from "./types";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field = "",
    readonly body: Record<string, unknown> = {},
  ) {
    super(message);
  }

  /** The server still prepares the city. */
  get opening(): Progress | null {
    return this.status === 503 && this.code === "opening" ? ((this.body["progress"] as Progress | undefined) ?? {}) : null;
  }

  /** No answer at all: the network, not the request. */
  get offline(): boolean {
    return this.status === 0;
  }
}

export type Fetch = (address: string, init?: RequestInit) => Promise<Response>;

export class Api {
  constructor(
    private readonly base: string,
    private readonly csrf: string,
    private readonly fetcher: Fetch = (address, init) => fetch(address, init),
  ) {}

  address(path: string): string {
    return `${this.base.replace(/\/$/, "")}/${path}`;
  }

  get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.ask<T>("GET", path, undefined, signal);
  }

  post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
    return this.ask<T>("POST", path, body, signal);
  }

  async ask<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (method !== "GET") headers["X-CSRFToken"] = this.csrf;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let answer: Response;
    try {
      answer = await this.fetcher(this.address(path), {
        method,
        headers,
        credentials: "same-origin",
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal ? { signal } : {}),
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ApiError(0, "offline", "");
    }
    if (answer.status === 204) return undefined as T;
    const text = await answer.text();
    let data: unknown = null;
    try {
      data = text ? JSON.parse(text) : null;
    } catch {
      // A page came instead of data: a sign-in that has run out, or a server in trouble.
      throw new ApiError(answer.status, answer.redirected ? "signed_out" : "not_json", "");
    }
    if (answer.ok) return data as T;
    const said = (data ?? {}) as Record<string, unknown>;
    throw new ApiError(answer.status, String(said["code"] ?? ""), String(said["message"] ?? ""), String(said["field"] ?? ""), said);
  }
}
