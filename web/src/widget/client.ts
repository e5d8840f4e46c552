/** 会话接口: the conversation requests of docs/api.md. */

import type { ConversationView, Turn } from "../contract";
import { requestJson } from "../http";

export interface ConversationClient {
  begin(): Promise<ConversationView>;
  read(id: string): Promise<ConversationView>;
  say(id: string, text: string, option: string | null): Promise<Turn>;
  mark(id: string, turn: number, helpful: boolean): Promise<void>;
  /** Where the conversation's events are pushed from. */
  events(id: string): string;
}

/** A client for the server at `api` (an origin, no trailing slash). */
export function conversationClient(api: string): ConversationClient {
  const base = `${api}/api/conversations`;
  const of = (id: string): string => `${base}/${encodeURIComponent(id)}`;
  return {
    begin: () => requestJson<ConversationView>(base, { method: "POST", body: { channel: "web" } }),
    read: (id) => requestJson<ConversationView>(of(id)),
    say: (id, text, option) => requestJson<Turn>(`${of(id)}/turns`, { method: "POST", body: { text, option } }),
    mark: (id, turn, helpful) =>
      requestJson<void>(`${of(id)}/turns/${turn}/helpful`, { method: "POST", body: { helpful } }),
    events: (id) => `${of(id)}/events`,
  };
}
