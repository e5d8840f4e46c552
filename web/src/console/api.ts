/** 工作台接口: every staff request of docs/api.md, by name. A lost session is reported to whoever watches it. */

import type {
  ActionInput,
  DepartmentRow,
  NewOrder,
  NewOrderResult,
  OrderDetail,
  OrderRow,
  OverviewStatistics,
  Page,
  SatisfactionStatistics,
  SessionView,
  SplitInput,
} from "../contract";
import type {
  ChangeInput,
  DepartmentChange,
  DepartmentDetail,
  DepartmentEdit,
  DepartmentImpact,
  DepartmentImported,
  DepartmentInput,
  DepartmentList,
} from "../department-contract";
import type {
  BulkChoice,
  BulkResult,
  Entry,
  EntryDetail,
  EntryFilter,
  EntryInput,
  EntryVersion,
  GapPage,
  GapResult,
  LibraryRow,
  ReviewState,
  SimilarAdded,
  SuggestionStatistics,
  Suggestions,
  VerdictInput,
} from "../knowledge-contract";
import type { RuleList, RuleRow, RuleTrialResult, RuleVersion } from "../rules-contract";
import type {
  DataReport,
  Drift,
  JobRow,
  ModelDetail,
  ModelList,
  Selection,
  TrainingRequest,
} from "../model-contract";
import { RequestFailure, type RequestInput, requestJson } from "../http";

let sessionLost: () => void = () => undefined;

/** Call `handler` whenever a request finds the session missing or over. */
export function onSessionLost(handler: () => void): void {
  sessionLost = handler;
}

async function ask<T>(path: string, input: RequestInput = {}): Promise<T> {
  try {
    return await requestJson<T>(`/api${path}`, { ...input, credentials: "same-origin" });
  } catch (error) {
    if (error instanceof RequestFailure && error.status === 401 && path !== "/session") sessionLost();
    throw error;
  }
}

const post = <T>(path: string, body: unknown = {}, timeoutMs?: number): Promise<T> =>
  ask<T>(path, { method: "POST", body, timeoutMs });

/** A bulk review may go over thousands of entries. */
const BULK_MS = 300_000;
/** A data report may take the two minutes that the server gives it. */
const REPORT_MS = 150_000;

/** A trial decides up to 2,000 orders twice. */
const TRIAL_MS = 120_000;

/** `?a=1&b=2` of what is set. */
function query(values: Record<string, string | number | undefined | null>): string {
  const set = Object.entries(values).filter(([, value]) => value !== "" && value !== undefined && value !== null);
  return set.length ? `?${new URLSearchParams(set.map(([name, value]) => [name, String(value)]))}` : "";
}

/** Entry ids hold Chinese, so they stand in the query. */
const entryPath = (rest: string, id: string): string => `/console/knowledge/entry${rest}?id=${encodeURIComponent(id)}`;

/** A filter's null is left out; the unsorted part of the base is an empty `library`, which is not. */
function filterQuery(filter: EntryFilter, page: number, size: number): string {
  const { library, ...rest } = filter;
  const found = query({ ...rest, generated: rest.generated === null ? null : String(rest.generated), page, size });
  return library === null ? found : `${found}&library=${encodeURIComponent(library)}`;
}

/** Whom suggestions are for: an order by its number, or a conversation by its id. */
export type SuggestionSubject = { order: string } | { conversation: string };

export interface OrderQuery {
  state: string;
  department: string;
  text: string;
  page: number;
  size: number;
}

export const api = {
  session: () => ask<SessionView>("/session"),
  signIn: (username: string, password: string) => post<SessionView>("/session", { username, password }),
  signOut: () => ask<void>("/session", { method: "DELETE" }),

  orders: (wanted: OrderQuery) => ask<Page<OrderRow>>(`/console/work-orders${query({ ...wanted })}`),
  order: (id: number) => ask<OrderDetail>(`/console/work-orders/${id}`),
  act: (id: number, input: ActionInput) => post<OrderDetail>(`/console/work-orders/${id}/actions`, input),
  split: (id: number, input: SplitInput) => post<OrderDetail>(`/console/work-orders/${id}/split`, input),
  file: (order: NewOrder) => post<NewOrderResult>("/console/work-orders", order),

  departments: () => ask<DepartmentRow[]>("/console/departments?inactive=true"),
  taxonomy: () => ask<{ code: string; name: string; path: string; parent: string }[]>("/console/taxonomy"),
  departmentList: () => ask<DepartmentList>("/console/departments/all"),
  addDepartment: (input: DepartmentInput) => post<DepartmentDetail>("/console/departments", input),
  editDepartment: (input: DepartmentEdit) =>
    ask<DepartmentDetail>("/console/departments", { method: "PUT", body: input }),
  importDepartments: (name: string, content: string) =>
    post<DepartmentImported>("/console/departments/import", { name, content }),
  departmentChanges: () => ask<DepartmentChange[]>("/console/departments/changes"),
  previewChange: (input: ChangeInput) => post<DepartmentImpact>("/console/departments/changes/preview", input),
  reorganise: (input: ChangeInput, version: number) =>
    post<DepartmentImpact>("/console/departments/changes", { ...input, version }, BULK_MS),
  suggestions: (text: string) => ask<Suggestions>(`/console/suggestions${query({ text })}`),
  suggestionsFor: (subject: SuggestionSubject) => ask<Suggestions>(`/console/suggestions${query({ ...subject })}`),
  verdict: (input: VerdictInput) => post<void>("/console/suggestions/verdict", input),

  entries: (filter: EntryFilter, page: number, size: number) =>
    ask<Page<Entry>>(`/console/knowledge${filterQuery(filter, page, size)}`),
  libraries: () => ask<LibraryRow[]>("/console/knowledge/libraries"),
  createEntry: (entry: EntryInput) => post<EntryDetail>("/console/knowledge", entry),
  entry: (id: string) => ask<EntryDetail>(entryPath("", id)),
  editEntry: (id: string, entry: EntryInput, version: string, note: string) =>
    ask<EntryDetail>(entryPath("", id), { method: "PUT", body: { entry, version, note } }),
  moveEntry: (id: string, to: ReviewState, note: string) => post<EntryDetail>(entryPath("/transition", id), { to, note }),
  addSimilar: (id: string, questions: string[]) => post<SimilarAdded>(entryPath("/similar", id), { questions }),
  entryHistory: (id: string) => ask<EntryVersion[]>(entryPath("/history", id)),
  reviewEntries: (choice: BulkChoice, to: ReviewState, note: string) =>
    post<BulkResult>("/console/knowledge/review", { ...choice, to, note }, BULK_MS),

  gaps: (page: number, size: number) => ask<GapPage>(`/console/gaps${query({ page, size })}`),
  entryFromGap: (questions: number[], entry: EntryInput) => post<GapResult>("/console/gaps/entry", { questions, entry }),
  similarFromGap: (questions: number[], entry_id: string) =>
    post<GapResult>("/console/gaps/similar", { questions, entry_id }),
  dismissGap: (questions: number[]) => post<void>("/console/gaps/dismiss", { questions }),

  rules: () => ask<RuleList>("/console/rules"),
  ruleHistory: () => ask<RuleVersion[]>("/console/rules/history"),
  tryRules: (rules: RuleRow[], last: number) =>
    post<RuleTrialResult>("/console/rules/trial", { rules, last }, TRIAL_MS),
  saveRules: (rules: RuleRow[], note: string, version: number) =>
    ask<RuleList>("/console/rules", { method: "PUT", body: { rules, note, version } }),
  restoreRules: (version: number, note: string) => post<RuleList>("/console/rules/restore", { version, note }),

  models: () => ask<ModelList>("/console/models"),
  model: (id: string) => ask<ModelDetail>(`/console/models/${encodeURIComponent(id)}`),
  promote: (id: string, reason: string) =>
    post<ModelList>(`/console/models/${encodeURIComponent(id)}/promote`, { reason }),
  rollback: () => post<ModelList>("/console/models/rollback"),
  trainingReport: (chosen: Selection) => post<DataReport>("/console/training/report", chosen, REPORT_MS),
  train: (request: TrainingRequest) => post<{ job: string }>("/console/training", request),
  cancelTraining: (key: string) => post<void>(`/console/training/${encodeURIComponent(key)}/cancel`),
  drift: (weeks: number) => ask<Drift>(`/console/drift${query({ weeks })}`),
  jobs: () => ask<JobRow[]>("/console/jobs"),

  satisfaction: (from: string, to: string, department: string) =>
    ask<SatisfactionStatistics>(`/statistics/satisfaction${query({ from, to, department })}`),
  suggestionStatistics: (from: string, to: string) =>
    ask<SuggestionStatistics>(`/statistics/suggestions${query({ from, to })}`),
  overview: () => ask<OverviewStatistics>("/statistics/overview"),
};
