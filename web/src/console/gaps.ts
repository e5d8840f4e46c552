/** 知识缺口: an entry to begin with from a group of questions, and which questions it then takes along. */

import type { EntryInput, Gap, GapWording } from "../knowledge-contract";
import { blankEntry, linesOf, MAX_QUESTION } from "./entries";

/** Whether a wording may become a similar question. */
export function usable(wording: GapWording): boolean {
  return !wording.personal && [...wording.text].length <= MAX_QUESTION;
}

/** The central wording as standard question, the other chosen ones as similar questions. */
export function entryOf(gap: Gap, chosen: GapWording[]): EntryInput {
  const central = chosen.find((wording) => wording.text === gap.text && usable(wording)) ?? chosen.find(usable);
  const others = chosen.filter((wording) => wording !== central && usable(wording)).map((wording) => wording.text);
  return { ...blankEntry(), title: central?.text ?? "", similar_questions: linesOf(others.join("\n")) };
}

export function questionsOf(wordings: GapWording[]): number[] {
  return wordings.flatMap((wording) => wording.questions);
}

/**
 * The questions that an entry written from the gap settles. The server adds their wordings to the entry, so a wording
 * that was taken out of the form stays open; one that could not stand in the form at all is settled with the rest.
 */
export function settledBy(begun: EntryInput, made: EntryInput, chosen: GapWording[]): number[] {
  const kept = new Set(made.similar_questions);
  const removed = new Set(begun.similar_questions.filter((text) => !kept.has(text) && text !== made.title));
  return questionsOf(chosen.filter((wording) => !removed.has(wording.text.trim())));
}
