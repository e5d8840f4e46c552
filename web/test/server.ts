/** A stand-in for the server: answers fetch after docs/api.md, keeps what was asked. */

import { vi } from "vitest";
import type { ConversationView, Reply, Turn } from "../src/contract";

export function reply(text: string, more: Partial<Reply> = {}): Reply {
  return {
    outcome: "answered",
    text,
    confidence: 0.9,
    citations: [],
    options: [],
    related: [],
    expects: "text",
    draft: null,
    order: null,
    feedback: false,
    ...more,
  };
}

interface Asked {
  method: string;
  path: string;
  body: unknown;
}

type Failure = "network" | { status: number; code: string; message: string };

export class Server {
  readonly conversations = new Map<string, ConversationView>();
  readonly asked: Asked[] = [];
  /** The next turns' replies, in order; when used up, the text is echoed. */
  replies: Reply[] = [];
  /** What the next turn requests run into, in order. */
  failures: Failure[] = [];
  /** The answer of a turn is lost although the server has taken it. */
  loseNextAnswer = false;
  /** Resolves before a turn is answered. */
  hold: Promise<void> | null = null;

  constructor() {
    vi.stubGlobal("fetch", (url: string, init: RequestInit = {}) => this.answer(String(url), init));
  }

  begin(id = `c${this.conversations.size + 1}`): ConversationView {
    const view: ConversationView = { id, phase: "open", turns: [] };
    this.conversations.set(id, view);
    this.add(id, "", reply("您好，这里是12345热线。", { outcome: "smalltalk" }));
    return view;
  }

  add(id: string, text: string, answer: Reply): Turn {
    const view = this.conversations.get(id);
    if (!view) throw new Error(`no conversation ${id}`);
    const turn = { number: view.turns.length + 1, at: "2026-11-21T10:00:00+08:00", text, reply: answer, helpful: null };
    view.turns.push(turn);
    return turn;
  }

  said(): { text: string; option: string | null }[] {
    return this.asked
      .filter((one) => one.path.endsWith("/turns"))
      .map((one) => one.body as { text: string; option: string | null });
  }

  private async answer(url: string, init: RequestInit): Promise<Response> {
    const path = new URL(url, "http://localhost").pathname;
    const method = init.method ?? "GET";
    const body: unknown = init.body ? JSON.parse(String(init.body)) : null;
    this.asked.push({ method, path, body });
    const [, id = "", rest = ""] = /^\/api\/conversations\/?([^/]*)(.*)$/.exec(path) ?? [];
    if (!id) return json(this.begin(), 201);
    const view = this.conversations.get(id);
    if (!view) return error(404, "not_found", "没有这个会话。");
    if (rest === "") return json(view);
    if (rest !== "/turns") return new Response(null, { status: 204 });
    const failure = this.failures.shift();
    if (failure === "network") throw new TypeError("Failed to fetch");
    if (failure) return error(failure.status, failure.code, failure.message);
    if (this.hold) await this.hold;
    const { text } = body as { text: string };
    const turn = this.add(id, text, this.replies.shift() ?? reply(`您说：${text}`));
    if (this.loseNextAnswer) {
      this.loseNextAnswer = false;
      throw new TypeError("Failed to fetch");
    }
    return json(turn);
  }
}

function json(value: unknown, status = 200): Response {
  return new Response(JSON.stringify(value), { status, headers: { "Content-Type": "application/json" } });
}

function error(status: number, code: string, message: string): Response {
  return json({ error: { code, message } }, status);
}
