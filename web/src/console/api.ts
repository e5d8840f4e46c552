/** 工作台接口: every staff request of docs/api.md, by name. A lost session is reported to whoever watches it. */

import type {
  ActionInput,
  DepartmentRow,
  JobRow,
  KnowledgeRow,
  ModelList,
  NewOrder,
  NewOrderResult,
  OrderDetail,
  OrderRow,
  OverviewStatistics,
  Page,
  SatisfactionStatistics,
  SessionView,
  Suggestions,
} from "../contract";
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

const post = <T>(path: string, body: unknown = {}): Promise<T> => ask<T>(path, { method: "POST", body });

/** `?a=1&b=2` of what is set. */
function query(values: Record<string, string | number | undefined | null>): string {
  const set = Object.entries(values).filter(([, value]) => value !== "" && value !== undefined && value !== null);
  return set.length ? `?${new URLSearchParams(set.map(([name, value]) => [name, String(value)]))}` : "";
}

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
  file: (order: NewOrder) => post<NewOrderResult>("/console/work-orders", order),

  departments: () => ask<DepartmentRow[]>("/console/departments"),
  suggestions: (text: string) => ask<Suggestions>(`/console/suggestions${query({ text })}`),
  knowledge: (text: string, page: number, size: number) =>
    ask<Page<KnowledgeRow>>(`/console/knowledge${query({ text, page, size })}`),

  models: () => ask<ModelList>("/console/models"),
  promote: (id: string) => post<ModelList>(`/console/models/${encodeURIComponent(id)}/promote`),
  rollback: () => post<ModelList>("/console/models/rollback"),
  train: (since: string | null, trainer: string) => post<{ job: string }>("/console/training", { since, trainer }),
  jobs: () => ask<JobRow[]>("/console/jobs"),

  satisfaction: (from: string, to: string, department: string) =>
    ask<SatisfactionStatistics>(`/statistics/satisfaction${query({ from, to, department })}`),
  overview: () => ask<OverviewStatistics>("/statistics/overview"),
};
