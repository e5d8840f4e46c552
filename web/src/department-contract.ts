/** 承办单位: departments and their changes in docs/api.md as types. */

export interface Named {
  code: string;
  name: string;
}

export type ChangeKind = "rename" | "merge" | "split";

export interface DepartmentDetail {
  code: string;
  name: string;
  short_name: string;
  duties: string[];
  jurisdiction: string;
  working_hours: string;
  contact: string;
  active: boolean;
  parent: string;
  parent_name: string;
  version: string;
  open_orders: number;
  staff: number;
  ended: { at: string; kind: ChangeKind; kind_name: string } | null;
  successors: Named[];
}

export interface DepartmentList {
  version: number;
  items: DepartmentDetail[];
}

/** Of a target that exists only `code` is needed. */
export interface DepartmentInput {
  code: string;
  name?: string;
  short_name?: string;
  duties?: string[];
  jurisdiction?: string;
  working_hours?: string;
  contact?: string;
  parent?: string;
}

export interface DepartmentEdit extends DepartmentInput {
  active: boolean;
  version: string;
}

export interface DepartmentImported {
  added: number;
  changed: number;
  unchanged: number;
}

export interface ChangeInput {
  kind: ChangeKind;
  sources: string[];
  targets: DepartmentInput[];
  /** Category prefix → target; "" is all other categories. */
  mapping: Record<string, string>;
  staff: Record<string, string>;
  note: string;
}

export interface DepartmentImpact {
  version: number;
  kind: ChangeKind;
  kind_name: string;
  departments: (Named & { former_name: string; state: "added" | "changed" | "closed"; parent: string; duties: string[] })[];
  moved: { department: string; name: string; count: number }[];
  supporting: number;
  pending: { id: number; number: string; state_name: string; category: string; excerpt: string }[];
  pending_total: number;
  history: number;
  staff: { username: string; name: string; target: string; target_name: string }[];
  orphans: Named[];
  rules: string[];
}

export interface DepartmentChange {
  id: number;
  at: string;
  actor: string;
  kind: ChangeKind;
  kind_name: string;
  sources: Named[];
  targets: Named[];
  mapping: (Named & { category: string })[];
  note: string;
}
