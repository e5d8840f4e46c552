/** 草稿: what was typed for an action and not yet sent, so that closing its dialog by mistake loses nothing. */

export interface ActionDraft {
  reason: string;
  reply: string;
}

const drafts = new Map<string, ActionDraft>();

const keyOf = (order: number, action: string): string => `${order}:${action}`;

export function draftOf(order: number, action: string): ActionDraft | undefined {
  return drafts.get(keyOf(order, action));
}

export function keepDraft(order: number, action: string, draft: ActionDraft): void {
  if (draft.reason || draft.reply) drafts.set(keyOf(order, action), { ...draft });
  else dropDraft(order, action);
}

export function dropDraft(order: number, action: string): void {
  drafts.delete(keyOf(order, action));
}

/** For the next person at this computer. */
export function forgetDrafts(): void {
  drafts.clear();
}

/** A reply with a text added: at its end, or in its place while it is empty. */
export function withText(reply: string, text: string): string {
  return reply.trim() ? `${reply.trimEnd()}\n${text}` : text;
}
