/** 标记: the passage of a text that an agent should look at. The server counts characters, not UTF-16 units. */

import type { Passage } from "../knowledge-contract";

export interface MarkedText {
  before: string;
  marked: string;
  after: string;
}

/** The text around the passage; with `around`, only so many characters on each side, the cut shown by …. */
export function markedText(text: string, passage: Passage | null, around = Infinity): MarkedText {
  const characters = [...text];
  const clip = (from: number, to: number): string => characters.slice(from, to).join("");
  if (!passage || passage.start < 0 || passage.end > characters.length || passage.start >= passage.end) {
    const short = characters.length > 2 * around;
    return { before: short ? `${clip(0, 2 * around)}…` : text, marked: "", after: "" };
  }
  const from = Math.max(0, passage.start - around);
  const to = Math.min(characters.length, passage.end + around);
  return {
    before: (from > 0 ? "…" : "") + clip(from, passage.start),
    marked: clip(passage.start, passage.end),
    after: clip(passage.end, to) + (to < characters.length ? "…" : ""),
  };
}
