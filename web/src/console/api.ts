/** 工作台接口: every staff request of docs/api.md, by name. A lost session is reported to whoever watches it. */

import type {
  ActionInput,
  CallbackRecord,
  DepartmentRow,
  NewOrder,
  NewOrderResult,
  OrderDetail,
  OrderRow,
  OverviewStatistics,
  Page,
  SessionView,
  SplitInput,
} from "../contract";
import type {
  CalledAnswer,
  CallInput,
  CallKind,
  CallTask,
  CountedRows,
  Measure,
  Part,
  SatisfactionFilter,
  SatisfactionStatistics,
} from "../callback-contract";
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
import type { Notice, NoticeList } from "../notice-contract";
import type {
  Finding,
  FindingFilter,
  QualityChoices,
  QualityCoverage,
  QualityRule,
  ReplyCheck,
  SpecialInspection,
  SpecialQuery,
} from "../quality-contract";
import type {
  NewSubscription,
  Probe,
  Subscription,
  SubscriptionChange,
  SubscriptionList,
} from "../subscription-contract";
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
import type {
  FigureQuery,
  League,
  Report,
  ReportKind,
  Shares,
  TopicDetail,
  TopicList,
} from "../insight-contract";
import { RequestFailure, type RequestInput, requestFile, requestJson } from "../http";

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

const set = (values: Record<string, string>): string[][] => Object.entries(values).filter(([, value]) => value !== "");

/** `?a=1&a=2`: names may come again. */
function repeated(values: FigureQuery, page: number, size: number): string {
  const pairs = Object.entries(values).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
  return `?${new URLSearchParams([...pairs, ["page", String(page)], ["size", String(size)]])}`;
}

/** What can be taken as a file. */
export type ExportKind = "orders" | "league" | "topics" | "findings";
export type FileForm = "xlsx" | "csv";

/** Where the browser fetches a file by itself. */
export const fileAddress = (path: string, values: Record<string, string | number | undefined | null> = {}): string =>
  `/api/console/${path}${query(values)}`;

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
  orderPhone: (id: number) => post<{ phone: string }>(`/console/work-orders/${id}/phone`),
  supplement: (id: number, text: string) => post<OrderDetail>(`/console/work-orders/${id}/supplements`, { text }),
  attach: (id: number, file: File) =>
    ask<OrderDetail>(`/console/work-orders/${id}/attachments${query({ name: file.name })}`, { method: "POST", file }),
  attachment: (id: number, attachment: number) =>
    requestFile(`/api/console/work-orders/${id}/attachments/${attachment}`, { credentials: "same-origin" }),
  split: (id: number, input: SplitInput) => post<OrderDetail>(`/console/work-orders/${id}/split`, input),
  file: (order: NewOrder) => post<NewOrderResult>("/console/work-orders", order),

  exported: (kind: ExportKind, form: FileForm, values: Record<string, string>) =>
    requestFile(fileAddress(`exports/${kind}`, { form, ...values }), { credentials: "same-origin" }),

  notices: () => ask<NoticeList>("/console/notices"),
  noticeCount: () => ask<{ open: number }>("/console/notices/count"),
  noticeDone: (id: number) => post<Notice>(`/console/notices/${id}/done`),

  subscriptions: () => ask<SubscriptionList>("/console/subscriptions"),
  subscribe: (input: NewSubscription) => post<Subscription & { secret: string }>("/console/subscriptions", input),
  changeSubscription: (id: number, body: SubscriptionChange) =>
    ask<Subscription>(`/console/subscriptions/${id}`, { method: "PUT", body }),
  removeSubscription: (id: number) => ask<void>(`/console/subscriptions/${id}`, { method: "DELETE" }),
  renewSecret: (id: number) => post<{ secret: string; version: number }>(`/console/subscriptions/${id}/secret`),
  probeSubscription: (id: number) => post<Probe>(`/console/subscriptions/${id}/test`),

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
  saveRules: (rules: RuleRow[], note: string, version: number, proof: string) =>
    ask<RuleList>("/console/rules", { method: "PUT", body: { rules, note, version, proof } }),
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

  topics: (past: boolean) => ask<TopicList>(`/console/topics${query({ past: past ? "true" : "" })}`),
  topic: (id: number) => ask<TopicDetail>(`/console/topics/${id}`),
  shares: (by: string[], from: string, to: string) =>
    ask<Shares>(`/console/shares?${new URLSearchParams([...by.map((one) => ["by", one]), ...set({ from, to })])}`),
  shareRows: (wanted: FigureQuery, page: number, size: number) =>
    ask<Page<OrderRow>>(`/console/shares/rows${repeated(wanted, page, size)}`),
  league: (from: string, to: string, together: boolean, sort: string) =>
    ask<League>(`/console/league${query({ from, to, together: String(together), sort })}`),
  leagueRows: (wanted: FigureQuery, page: number, size: number) =>
    ask<Page<OrderRow>>(`/console/league/rows${repeated(wanted, page, size)}`),
  reports: (kind: ReportKind | "") => ask<Report[]>(`/console/reports${query({ kind })}`),
  makeReport: (kind: ReportKind, from: string) => post<Report>("/console/reports", { kind, from }, REPORT_MS),

  qualityChoices: () => ask<QualityChoices>("/console/quality/choices"),
  findings: (filter: FindingFilter, page: number, size: number) =>
    ask<Page<Finding>>(`/console/quality/findings${query({ ...filter, page, size })}`),
  decideFinding: (id: number, version: number, upheld: boolean, note: string) =>
    post<Finding>(`/console/quality/findings/${id}/verdict`, { version, upheld, note }),
  objectToFinding: (id: number, version: number, note: string) =>
    post<Finding>(`/console/quality/findings/${id}/objection`, { version, note }),
  qualityRules: () => ask<QualityRule[]>("/console/quality/rules"),
  switchQualityRule: (rule: string, on: boolean, note: string) =>
    ask<QualityRule[]>(`/console/quality/rules/${encodeURIComponent(rule)}`, { method: "PUT", body: { on, note } }),
  qualityCoverage: (from: string, to: string) => ask<QualityCoverage>(`/console/quality/coverage${query({ from, to })}`),
  specials: () => ask<SpecialInspection[]>("/console/quality/specials"),
  special: (id: number) => ask<SpecialInspection>(`/console/quality/specials/${id}`),
  beginSpecial: (name: string, wanted: SpecialQuery, size: number) =>
    post<SpecialInspection>("/console/quality/specials", { name, query: wanted, size }),
  judgeSampled: (id: number, order: number, verdict: string, rules: string[], note: string) =>
    post<SpecialInspection>(`/console/quality/specials/${id}/orders/${order}`, { verdict, rules, note }),
  closeSpecial: (id: number, version: number) => post<SpecialInspection>(`/console/quality/specials/${id}/close`, { version }),
  replyCheck: (order: number, closingKind: string) =>
    ask<ReplyCheck>(`/console/work-orders/${order}/reply-check${query({ closing_kind: closingKind })}`),
  draftCheck: (order: number, text: string, closingKind: string) =>
    post<ReplyCheck>(`/console/work-orders/${order}/reply-check`, { text, closing_kind: closingKind }),

  satisfaction: (filter: SatisfactionFilter, group: string) =>
    ask<SatisfactionStatistics>(`/statistics/satisfaction${query({ ...filter, group })}`),
  satisfactionRows: (filter: SatisfactionFilter, measure: Measure, part: Part, reason: string, page: number, size: number) =>
    ask<CountedRows>(`/statistics/satisfaction/rows${query({ ...filter, measure, part, reason, page, size })}`),
  callbacks: (kind: CallKind, page: number, size: number) =>
    ask<Page<CallTask>>(`/console/callbacks${query({ kind, page, size })}`),
  callbackPhone: (id: number) => post<{ phone: string; version: number }>(`/console/callbacks/${id}/phone`),
  callbackAttempt: (id: number, input: CallInput) => post<CallbackRecord>(`/console/callbacks/${id}/attempts`, input),
  callbackAnswer: (id: number, input: CalledAnswer) => post<CallbackRecord>(`/console/callbacks/${id}/answer`, input),
  suggestionStatistics: (from: string, to: string) =>
    ask<SuggestionStatistics>(`/statistics/suggestions${query({ from, to })}`),
  overview: () => ask<OverviewStatistics>("/statistics/overview"),
};
