/** Dispatch rules of docs/api.md as types; the rest is in contract.ts. */

/** Days are YYYY-MM-DD. What a file holds may lack anything of it; `rules.ts` reads it. */
export interface RuleRow {
  id: string;
  when: {
    any_terms?: string[];
    all_terms?: string[];
    none_terms?: string[];
    district?: string;
    type?: string;
    category?: string;
    department?: string;
    urgency?: string;
  };
  then: { department?: string; supporting?: string[]; review?: boolean };
  from?: string | null;
  to?: string | null;
  note?: string;
}

export interface RuleProblem {
  /** From 1; 0 is the list as a whole. */
  row: number;
  rule: string;
  field: string;
  message: string;
  level: "error" | "warning";
}

/** What the conditions may be chosen from. */
export interface RuleChoices {
  types: string[];
  urgencies: string[];
  districts: string[];
  categories: string[];
}

export interface RuleList {
  version: number;
  at: string | null;
  by: string;
  note: string;
  source: "database" | "file" | "none";
  rules: RuleRow[];
  problems: RuleProblem[];
  choices: RuleChoices;
}

export interface RuleOutcome {
  department: string;
  department_name: string;
  supporting: string[];
  decision: "auto" | "review";
  rule: string;
}

export interface RuleTrialRow {
  number: string;
  excerpt: string;
  confidential: boolean;
  settled: string;
  settled_name: string;
  verdict: "right" | "wrong" | "";
  rule: string;
  before: RuleOutcome;
  after: RuleOutcome;
}

export interface RuleTrial {
  orders: number;
  confidential: number;
  changed: number;
  settled: number;
  right_before: number;
  right_after: number;
  became_right: number;
  became_wrong: number;
  auto_before: number;
  auto_after: number;
  hits: { rule: string; count: number }[];
  /** At most 200 of the changed ones. */
  rows: RuleTrialRow[];
}

/** `trial` is null when the rules have errors. */
export interface RuleTrialResult {
  problems: RuleProblem[];
  trial: RuleTrial | null;
  /** Asked for when exactly these rules are saved, within an hour. */
  proof: string | null;
}

export interface RuleVersion {
  version: number;
  at: string;
  by: string;
  note: string;
  rules: RuleRow[];
  added: string[];
  removed: string[];
  changed: string[];
  moved: boolean;
}
