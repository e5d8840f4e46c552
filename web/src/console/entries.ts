/** 知识条目: names shown, what a role may begin, and entries as a form holds them. */

import type { Role } from "../contract";
import type {
  Entry,
  EntryFilter,
  EntryInput,
  EntryKind,
  EntrySource,
  EntryTransition,
  ReviewState,
} from "../knowledge-contract";

export const ENTRY_KINDS: Record<EntryKind, string> = { faq: "问答", guide: "办事指南", regulation: "法规" };
export const REVIEW_STATES: Record<ReviewState, string> = {
  draft: "草稿",
  reviewed: "已审核",
  published: "已发布",
  withdrawn: "已下架",
};
export const STATE_TAGS: Record<ReviewState, "info" | "primary" | "success" | "danger"> = {
  draft: "info",
  reviewed: "primary",
  published: "success",
  withdrawn: "danger",
};
export const UNSORTED = "未分子库";
export const EVERYWHERE = "national";
export const MAX_QUESTION = 200;
export const MAX_SIMILAR = 200;

export const mayCreate = (role: Role | null): boolean => role === "agent" || mayReview(role);
export const mayReview = (role: Role | null): boolean => role === "supervisor" || role === "administrator";

/** Steps of a bulk review by role; the server refuses those that an entry's state does not allow. */
export function bulkSteps(role: Role | null): EntryTransition[] {
  if (!mayReview(role)) return [];
  const steps: EntryTransition[] = [{ to: "reviewed", name: "审核通过", needs_note: false }];
  if (role === "administrator") steps.push({ to: "published", name: "发布", needs_note: false });
  steps.push({ to: "draft", name: "退回修改", needs_note: true });
  steps.push({ to: "withdrawn", name: role === "administrator" ? "作废或下架" : "作废", needs_note: true });
  return steps;
}

export const jurisdictionName = (name: string): string => (name === EVERYWHERE ? "全国" : name);

export function sourceLine(source: EntrySource): string {
  const number = source.document_number ? `（${source.document_number}）` : "";
  return `《${source.title}》${number}${source.locator}`;
}

/** What a citizen sees as the basis of the answer: the sources, or a regulation's own article. */
export function basisOf(entry: Pick<Entry, "kind" | "title" | "locator" | "sources">): string[] {
  if (entry.sources.length) return entry.sources.map(sourceLine);
  return entry.kind === "regulation" ? [`《${entry.title}》${entry.locator}`] : [];
}

export function blankEntry(): EntryInput {
  return {
    kind: "faq",
    title: "",
    answer: "",
    locator: "",
    similar_questions: [],
    item_class: "",
    item: "",
    facet: "",
    sources: [],
    jurisdiction: EVERYWHERE,
    effective_from: null,
    effective_to: null,
    local_figures: false,
    library: "",
    superseded_by: "",
  };
}

/** What a person may write of an entry that exists. */
export function inputOf(entry: EntryInput): EntryInput {
  const input = blankEntry();
  for (const name of Object.keys(input) as (keyof EntryInput)[]) Object.assign(input, { [name]: entry[name] });
  return {
    ...input,
    similar_questions: [...entry.similar_questions],
    sources: entry.sources.map((source) => ({ ...source })),
  };
}

/** One question a line, blank lines and repeated ones dropped. */
export function linesOf(text: string): string[] {
  return [...new Set(text.split(/\r?\n/).map((line) => line.trim()))].filter(Boolean);
}

/** The first thing to put right before sending, "" for none. The server checks again, and more. */
export function missingIn(entry: EntryInput): string {
  const question = entry.kind === "regulation" ? "法规名称" : "标准问";
  const long = [entry.title, ...entry.similar_questions].find((text) => [...text].length > MAX_QUESTION);
  if (!entry.title.trim()) return `请填写${question}。`;
  if (!entry.answer.trim()) return "请填写答案。";
  if (long) return `一个问法最多${MAX_QUESTION}字，请精简：“${[...long].slice(0, 20).join("")}…”。`;
  if (entry.similar_questions.length > MAX_SIMILAR) {
    return `相似问最多${MAX_SIMILAR}个，现有${entry.similar_questions.length}个，请删减。`;
  }
  if (entry.sources.some((source) => !source.title.trim() && (source.locator || source.document_number))) {
    return "请填写来源的文件名称，或删除这条来源。";
  }
  if (entry.effective_from && entry.effective_to && entry.effective_to < entry.effective_from) {
    return "失效日期早于生效日期，请改正其中一个。";
  }
  return "";
}

const FIELD_NAMES: Record<keyof EntryInput, string> = {
  kind: "类型",
  title: "标准问",
  answer: "答案",
  locator: "条款",
  similar_questions: "相似问",
  item_class: "分类",
  item: "事项",
  facet: "方面",
  sources: "来源",
  jurisdiction: "适用地区",
  effective_from: "生效日期",
  effective_to: "失效日期",
  local_figures: "本地数值",
  library: "子库",
  superseded_by: "被替代",
};

/** Names of the fields in which two entries differ. */
export function changedFields(a: EntryInput, b: EntryInput): string[] {
  return (Object.keys(FIELD_NAMES) as (keyof EntryInput)[])
    .filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]))
    .map((name) => FIELD_NAMES[name]);
}

/** A field's value of the history as lines a person can read; "" for none. */
export function historyText(field: string, value: unknown): string {
  if (value === null || value === undefined || value === "") return "";
  if (typeof value === "boolean") return value ? "是" : "否";
  if (field === "review_state") return REVIEW_STATES[value as ReviewState] ?? String(value);
  if (field === "kind") return ENTRY_KINDS[value as EntryKind] ?? String(value);
  if (field === "jurisdiction") return jurisdictionName(String(value));
  if (Array.isArray(value)) {
    return value.map((item) => (typeof item === "string" ? item : sourceLine(item as EntrySource))).join("\n");
  }
  return String(value);
}

export const NO_FILTER: EntryFilter = { text: "", library: null, state: null, kind: null, generated: null };

type Address = Record<string, string>;

/** A list's filter and page as an address; the unsorted part, which has no name, stands as "-". */
export function addressOf(filter: EntryFilter, page: number): Address {
  const address: Address = {};
  if (filter.text) address.text = filter.text;
  if (filter.library !== null) address.library = filter.library || "-";
  if (filter.state) address.state = filter.state;
  if (filter.kind) address.kind = filter.kind;
  if (filter.generated !== null) address.generated = String(filter.generated);
  if (page > 1) address.page = String(page);
  return address;
}

/** The inverse of `addressOf`; what is no filter is left out. */
export function filterOf(address: Record<string, unknown>): { filter: EntryFilter; page: number } {
  const told = (name: string): string => (typeof address[name] === "string" ? (address[name] as string) : "");
  const library = told("library");
  const generated = told("generated");
  return {
    filter: {
      text: told("text"),
      library: library ? (library === "-" ? "" : library) : null,
      state: told("state") in REVIEW_STATES ? (told("state") as ReviewState) : null,
      kind: told("kind") in ENTRY_KINDS ? (told("kind") as EntryKind) : null,
      generated: generated === "true" ? true : generated === "false" ? false : null,
    },
    page: Math.max(1, Math.floor(Number(told("page"))) || 1),
  };
}
