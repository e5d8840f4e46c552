/** 智能服务: suggestions for one order or conversation, and what became of them. Told once: taken, edited or not taken. */

import { reactive } from "vue";
import { messageOf, RequestFailure } from "../http";
import type { Suggestions, Verdict, VerdictInput } from "../knowledge-contract";
import { api, type SuggestionSubject } from "./api";

export const VERDICTS: Record<Verdict, string> = { accepted: "采用", edited: "修改后采用", rejected: "不采用" };

export class Assist {
  found: Suggestions | null = null;
  problem = "";
  loading = false;
  busy = false;
  /** What was stored, or null. */
  verdict: Verdict | null = null;
  /** A verdict that could not be stored, to be tried again. */
  unsaved: VerdictInput | null = null;
  /** Texts put into the reply, with the entry each came from. */
  inserted: { text: string; entry_id: string }[] = [];
  private asked = 0;

  static create(): Assist {
    return reactive(new Assist()) as Assist;
  }

  /** Whether a verdict can be told. */
  get open(): boolean {
    return this.found?.id != null && this.verdict === null;
  }

  async load(subject: SuggestionSubject): Promise<void> {
    this.forget();
    const mine = this.asked;
    this.loading = true;
    try {
      const found = await api.suggestionsFor(subject);
      if (mine === this.asked) this.found = found;
    } catch (error) {
      if (mine === this.asked) this.problem = messageOf(error);
    } finally {
      if (mine === this.asked) this.loading = false;
    }
  }

  /** For another order; what is still on its way is dropped when it comes. */
  forget(): void {
    this.asked += 1;
    Object.assign(this, { found: null, problem: "", loading: false, busy: false, verdict: null, unsaved: null });
    this.inserted = [];
  }

  insert(text: string, entry_id: string): void {
    this.inserted.push({ text, entry_id });
  }

  /** The reply was sent: taken as it is, or edited, when something of the suggestions still stands in it. */
  async sent(reply: string): Promise<void> {
    const verdict = verdictOf(reply, this.inserted);
    if (verdict) await this.decide(verdict.verdict, verdict.entry_id, reply.trim());
  }

  /** Store a verdict. False when it could not be stored. */
  async decide(verdict: Verdict, entry_id = "", final_text = ""): Promise<boolean> {
    const id = this.found?.id;
    if (id == null || !this.open || this.busy) return false;
    const mine = this.asked;
    const input = { id, verdict, entry_id, final_text };
    this.busy = true;
    this.problem = "";
    try {
      await api.verdict(input);
      if (mine !== this.asked) return true;
      this.verdict = verdict;
      this.unsaved = null;
      return true;
    } catch (error) {
      if (mine !== this.asked) return false;
      this.problem = messageOf(error);
      // Told already, in another window: trying again would not help.
      this.unsaved = error instanceof RequestFailure && error.code === "conflict" ? null : input;
      return false;
    } finally {
      if (mine === this.asked) this.busy = false;
    }
  }

  async retry(): Promise<void> {
    const { unsaved } = this;
    if (unsaved) await this.decide(unsaved.verdict, unsaved.entry_id, unsaved.final_text);
  }
}

const SHARED = 0.3;
const bare = (text: string): string => text.replace(/\s+/g, "");

/**
 * How a reply that was sent used what had been put into it: unchanged, with changes, or not at all (null) - when it was
 * replaced by other words altogether.
 */
export function verdictOf(
  reply: string,
  inserted: { text: string; entry_id: string }[],
): { verdict: Verdict; entry_id: string } | null {
  const said = bare(reply);
  const whole = inserted.find(({ text }) => bare(text) === said);
  if (whole) return { verdict: "accepted", entry_id: whole.entry_id };
  const best = inserted
    .map((one) => ({ ...one, share: sharedPairs(bare(one.text), said) }))
    .sort((a, b) => b.share - a.share)[0];
  return best && best.share >= SHARED ? { verdict: "edited", entry_id: best.entry_id } : null;
}

/** The share of a text's neighbouring character pairs that stand in another text, 0–1. */
function sharedPairs(text: string, other: string): number {
  const pairs = (of: string): Set<string> => {
    const characters = [...of];
    return new Set(characters.slice(1).map((character, index) => `${characters[index]}${character}`));
  };
  const own = pairs(text);
  const there = pairs(other);
  if (own.size === 0) return 0;
  return [...own].filter((pair) => there.has(pair)).length / own.size;
}
