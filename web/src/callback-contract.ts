/** 回访与满意度: the interface of docs/api.md for callbacks and the rates that they yield. */

import type { CallbackRecord, Page, Rate } from "./contract";

export type CallKind = "all" | "phone" | "handover" | "open";
export type CallOutcome = "no_answer" | "later" | "wrong_number" | "refused";

/** 回访任务: a call to make, with what must be known before it. */
export interface CallTask extends CallbackRecord {
  priority: number;
  reasons: string[];
  order_id: number;
  number: string;
  type: string;
  text: string;
  reply: string;
  closing_kind: string;
  closed_at: string;
  department_name: string;
  requester: { name: string; phone: string };
}

export interface CallInput {
  version: number;
  outcome: CallOutcome;
  again_at?: string;
}

export interface CalledAnswer {
  version: number;
  contacted: boolean;
  resolved: boolean;
  rating: number;
  reason_tags: string[];
  comment: string;
}

export interface SatisfactionFigures {
  response_rate: Rate;
  resolution_rate: Rate;
  satisfaction_rate: Rate;
  callback_coverage: Rate;
  closings: number;
  unreached: number;
  waiting: number;
  refused: number;
  /** By reason. */
  excluded: Record<string, number>;
}

export interface SatisfactionGroup extends SatisfactionFigures {
  key: string;
  name: string;
  /** Of a department: whose unit it is, in whose figures its own are included. */
  parent: string;
}

export interface SatisfactionStatistics extends SatisfactionFigures {
  groups: SatisfactionGroup[];
  /** Names of the reasons for not calling back. */
  exclusions: Record<string, string>;
}

export interface SatisfactionFilter {
  from: string;
  to: string;
  department: string;
  district: string;
  type: string;
  channel: string;
}

export type Measure = "response" | "resolution" | "satisfaction" | "coverage";
export type Part = "numerator" | "denominator" | "unreached" | "waiting" | "refused" | "excluded";

/** 明细: one closing behind a figure. */
export interface CountedRow {
  order_id: number;
  number: string;
  excerpt: string;
  department_name: string;
  district: string;
  type: string;
  channel: string;
  closed_at: string;
  round: number;
  state: string;
  state_name: string;
  attempts: number;
  excluded: string;
  contacted: boolean | null;
  resolved: boolean | null;
  rating: number | null;
  rating_name: string;
}

export type CountedRows = Page<CountedRow>;
