/** Knowledge, gaps and suggestions of docs/api.md as types; the rest is in contract.ts. */

import type { Candidate, Rate } from "./contract";

export type EntryKind = "faq" | "guide" | "regulation";
export type ReviewState = "draft" | "reviewed" | "published" | "withdrawn";

export interface EntrySource {
  title: string;
  locator: string;
  document_number: string;
}

/** What a person writes of an entry. Dates are YYYY-MM-DD. */
export interface EntryInput {
  kind: EntryKind;
  title: string;
  answer: string;
  locator: string;
  similar_questions: string[];
  item_class: string;
  item: string;
  facet: string;
  sources: EntrySource[];
  jurisdiction: string;
  effective_from: string | null;
  effective_to: string | null;
  local_figures: boolean;
  library: string;
  superseded_by: string;
}

export interface Entry extends EntryInput {
  entry_id: string;
  source: string;
  generated: boolean;
  origin: string;
  review_state: ReviewState;
  review_state_name: string;
  in_force: boolean;
}

export interface EntryTransition {
  to: ReviewState;
  name: string;
  needs_note: boolean;
}

export interface EntryDetail extends Entry {
  version: string;
  may_edit: boolean;
  transitions: EntryTransition[];
}

/** null holds for all; `library` "" is the unsorted part. */
export interface EntryFilter {
  text: string;
  library: string | null;
  state: ReviewState | null;
  kind: EntryKind | null;
  generated: boolean | null;
}

export interface LibraryRow {
  library: string;
  count: number;
}

export interface FieldChange {
  field: string;
  name: string;
  before: unknown;
  after: unknown;
}

export interface EntryVersion {
  version: number;
  at: string;
  actor: string;
  action: string;
  action_name: string;
  note: string;
  changes: FieldChange[];
}

export interface SimilarAdded {
  added: number;
  proposed: number;
}

/** Which entries a bulk review takes: named ones, or all that a filter holds. */
export type BulkChoice = { ids: string[] } | { filter: EntryFilter };

export interface BulkResult {
  done: number;
  refused: { entry_id: string; title: string; message: string }[];
  refused_total: number;
}

export interface GapWording {
  text: string;
  count: number;
  questions: number[];
  /** Names a person; it never becomes a similar question. */
  personal: boolean;
}

export interface Gap {
  text: string;
  count: number;
  questions: number[];
  wordings: GapWording[];
  outcomes: Record<string, { name: string; count: number }>;
  first_at: string;
  last_at: string;
  nearest: { entry_id: string; title: string; locator: string; score: number } | null;
  /** The entry an agent proposes the wording for; "" for none. */
  proposed_for: string;
}

export interface GapPage {
  items: Gap[];
  /** Groups. */
  total: number;
  /** Open questions. */
  questions: number;
}

export interface GapResult extends EntryDetail {
  wordings_added: number;
  wordings_left_out: number;
}

/** In characters (code points), from `start` to before `end`. */
export interface Passage {
  start: number;
  end: number;
}

export interface Hit {
  entry_id: string;
  kind: EntryKind;
  title: string;
  locator: string;
  text: string;
  score: number;
  source: string;
  passage: Passage | null;
}

export interface SimilarOrder {
  number: string;
  department: string;
  department_name: string;
  type: string;
  category: string;
  excerpt: string;
  reply: string;
  similarity: number;
  closed_at: string | null;
}

export interface ReplyDraft {
  from: "entry" | "order";
  entry_id: string;
  number: string;
  text: string;
}

export interface Suggestions {
  /** What a verdict names; null when the search is not recorded. */
  id: number | null;
  query: string;
  hits: Hit[];
  similar: SimilarOrder[];
  drafts: ReplyDraft[];
  candidates: Candidate[];
}

export type Verdict = "accepted" | "edited" | "rejected";

export interface VerdictInput {
  id: number;
  verdict: Verdict;
  entry_id: string;
  final_text: string;
}

export interface SuggestionStatistics {
  shown: number;
  accepted: Rate;
  edited: Rate;
  rejected: Rate;
  undecided: number;
}
