/** 质检 of docs/api.md: findings, rules with their precision, coverage, special inspections, the check of a reply. */

import type { Rate } from "./contract";

export type Severity = "轻微" | "一般" | "严重";
export type FindingVerdict = "open" | "upheld" | "rejected";

export interface ReplyFinding {
  rule: string;
  rule_name: string;
  severity: Severity;
  cost: number;
  passage: string;
  explanation: string;
}

export interface ReplyCheck {
  score: number;
  findings: ReplyFinding[];
  /** 办结类型 as which it was checked; presumed while nobody has chosen one. */
  closing_kind: string;
  presumed: boolean;
}

export interface Finding {
  id: number;
  version: number;
  work_order_id: number;
  number: string;
  rule: string;
  rule_name: string;
  severity: Severity;
  passage: string;
  explanation: string;
  department: string;
  department_name: string;
  at: string;
  verdict: FindingVerdict;
  verdict_name: string;
  decided_by: string;
  decided_by_name?: string;
  decided_at: string | null;
  note: string;
  objection: string;
  objected_at: string | null;
}

export interface FindingFilter {
  rule: string;
  severity: string;
  department: string;
  verdict: string;
  from: string;
  to: string;
}

export interface QualityChoices {
  rules: { code: string; name: string; severity: Severity }[];
  severities: Severity[];
  verdicts: { code: FindingVerdict; name: string }[];
}

export interface QualityRule {
  rule: string;
  name: string;
  severity: Severity;
  cost: number;
  explanation: string;
  found: number;
  open: number;
  precision: Rate;
  /** Too seldom upheld to be trusted as it is. */
  flagged: boolean;
  months: { month: string; precision: Rate }[];
  on: boolean;
  off: { by: string; at: string; note: string } | null;
}

export interface QualityCoverage {
  coverage: Rate;
  findings: number;
  departments: { department: string; name: string; coverage: Rate }[];
}

export interface SpecialQuery {
  from?: string | null;
  to?: string | null;
  departments?: string[];
  districts?: string[];
  types?: string[];
  category?: string;
  text?: string;
  closing_kind?: string;
  ratings?: number[];
  rules?: string[];
}

export interface SampledOrder {
  id: number;
  number: string;
  department: string;
  verdict: string;
  verdict_name: string;
  rules: { rule: string; name: string }[];
  note: string;
  by: string;
  by_name?: string;
}

export interface SpecialInspection {
  id: number;
  version: number;
  name: string;
  at: string;
  actor: string;
  actor_name?: string;
  query: Record<string, unknown>;
  size: number;
  seed: number;
  closed: boolean;
  next: number | null;
  summary: { sampled: number; judged: number; faults: number; rules: Record<string, number> };
  orders?: SampledOrder[];
}
