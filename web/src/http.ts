/** 请求: one place that speaks JSON to the server and turns every failure into a message a person can act on. */

const TIMEOUT_MS = 30_000;

/** A request that failed. `code` is the server's, or "network" when no answer came. `message` is Chinese. */
export class RequestFailure extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 0,
    /** Seconds to wait, from `Retry-After`; 0 when not told. */
    readonly retryAfter = 0,
  ) {
    super(message);
  }
}

export interface RequestInput {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  body?: unknown;
  credentials?: RequestCredentials;
  timeoutMs?: number;
  /** A file, sent as it is instead of `body`. */
  file?: Blob;
  headers?: Record<string, string>;
}

const FILE_MS = 300_000;

/** Ask the server. Raises RequestFailure only. Resolves to undefined for an answer without content (204). */
export async function requestJson<T>(url: string, input: RequestInput = {}): Promise<T> {
  return request(url, input, async (response) =>
    response.status === 204 ? (undefined as T) : (parsed(await response.text()) as T),
  );
}

/** A file's content. Raises RequestFailure only. */
export async function requestFile(url: string, input: RequestInput = {}): Promise<Blob> {
  return request(url, { timeoutMs: FILE_MS, ...input }, (response) => response.blob());
}

async function request<T>(
  url: string,
  input: RequestInput,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), input.timeoutMs ?? (input.file ? FILE_MS : TIMEOUT_MS));
  const headers: Record<string, string> = { Accept: "application/json", ...input.headers };
  if (input.file) headers["Content-Type"] = "application/octet-stream";
  if (input.body !== undefined) headers["Content-Type"] = "application/json";
  try {
    const response = await fetch(url, {
      method: input.method ?? "GET",
      headers,
      body: input.file ?? (input.body === undefined ? undefined : JSON.stringify(input.body)),
      credentials: input.credentials ?? "omit",
      cache: "no-store",
      signal: abort.signal,
    });
    if (!response.ok) throw failureOf(response, await response.text());
    return await read(response);
  } catch (error) {
    if (error instanceof RequestFailure) throw error;
    throw new RequestFailure("network", "网络连接不上，请检查网络后重试。");
  } finally {
    clearTimeout(timer);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A proxy's or captive portal's page, not our server.
    throw new RequestFailure("network", "没有收到服务器的正常回应，请稍后重试。");
  }
}

function failureOf(response: Response, text: string): RequestFailure {
  const retryAfter = Number(response.headers.get("Retry-After")) || 0;
  const told = toldError(text);
  if (typeof told?.message === "string" && told.message) {
    return new RequestFailure(String(told.code ?? "internal"), told.message, response.status, retryAfter);
  }
  const message =
    response.status >= 500
      ? "服务暂时不可用，请稍后再试，或直接拨打12345热线。"
      : `请求没有成功（${response.status}），请稍后重试。`;
  return new RequestFailure("internal", message, response.status, retryAfter);
}

function toldError(text: string): { code?: unknown; message?: unknown } | null {
  try {
    return (JSON.parse(text) as { error?: { code?: unknown; message?: unknown } } | null)?.error ?? null;
  } catch {
    return null;
  }
}

/** The failure's message, for whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof RequestFailure ? error.message : "出现意外错误，请刷新页面后重试。";
}
