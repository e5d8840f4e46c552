/** 派单模型的接口数据: docs/api.md, the parts about models, training and drift. */

export interface Selection {
  /** Days, both included; null = no bound. */
  from: string | null;
  to: string | null;
  /** Codes; empty = all. */
  departments: string[];
}

export type Outcome = "first" | "better" | "level" | "worse" | "too_few";

/** The gate's comparison of a candidate with the incumbent, on the same later orders. */
export interface Verdict {
  passed?: boolean;
  outcome?: Outcome;
  incumbent?: string;
  rows?: number;
  explanation?: string;
  difference?: Record<string, number>;
  low?: Record<string, number>;
  high?: Record<string, number>;
  figures?: Record<string, { incumbent: number; candidate: number }>;
  needed?: number;
}

export interface TrainedOn {
  file?: string | null;
  hash?: string | null;
  rows?: number | null;
  from?: string | null;
  to?: string | null;
}

export interface ModelRow {
  id: string;
  trainer: string;
  seed: number;
  created_at: string;
  rows: number;
  labels: number | string[];
  data: TrainedOn;
  measures: Record<string, unknown>;
  state: "current" | "candidate" | "former" | "damaged";
  by: string;
  selection: (Selection & { corrected?: number }) | null;
  promoted_at: string | null;
  promoted_by: string;
  verdict?: Verdict | null;
}

export interface ModelEvent {
  at: string;
  by: string;
  action: "add" | "promote" | "rollback";
  id: string;
  from: string | null;
  result: string;
}

export interface ModelList {
  current: string | null;
  items: ModelRow[];
  /** Newest first. */
  history: ModelEvent[];
}

export interface ModelDetail extends ModelRow {
  encoder: string;
  wanted_precision: number;
  counts: Record<string, number>;
  has_report: boolean;
  /** Markdown. */
  card: string;
}

export interface TrainingResult {
  model?: string;
  promoted?: boolean;
  verdict?: Verdict | null;
  seconds?: number;
}

export interface TrainingProgress {
  step?: string;
  done?: number | null;
  total?: number | null;
  /** Of the step. */
  seconds_left?: number | null;
  started?: string;
  rows?: number;
  /** Of the whole training, from earlier ones. */
  expected_seconds?: number;
  result?: TrainingResult;
  cancelled_by?: string;
}

export interface TrainingRequest extends Selection {
  trainer: string;
  promote: boolean;
}

export interface JobRow {
  key: string;
  kind: string;
  state: "waiting" | "running" | "done" | "failed" | "cancelled";
  due_at: string;
  attempts: number;
  error: string;
  progress: TrainingProgress | null;
  request: (TrainingRequest & { by: string | null }) | null;
}

export interface DataReport {
  /** Why these orders cannot be trained on; "" when they can. What follows as optional is then missing. */
  problem: string;
  rows: number;
  corrected: number;
  unresolved: number;
  closed: number;
  departments: { department: string; name: string; count: number }[];
  from?: string | null;
  to?: string | null;
  kept?: number;
  without_text?: number;
  duplicates?: number;
  near_duplicates?: number;
  conflict_count?: number;
  conflicts?: { text: string; labels: Record<string, number[]>; kept: string }[];
  rare?: string[];
  cut?: number;
  cut_examples?: string[];
  hash?: string;
}

export interface DriftFigure {
  value: number | null;
  n: number;
  line: number | null;
  warning: boolean;
}

export interface DriftWeek {
  week: string;
  from: string;
  to: string;
  orders: number;
  models: string[];
  figures: Record<string, DriftFigure>;
  shifts: { department: string; name: string; share: number; trained: number }[];
}

export interface Drift {
  model: string | null;
  min_orders: number;
  max_returns: number;
  max_shift: number;
  measures: { key: string; name: string; above: boolean }[];
  weeks: DriftWeek[];
  warning: { week: string; sentences: string[] } | null;
}
