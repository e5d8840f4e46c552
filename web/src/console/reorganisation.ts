/** 机构调整: what the form holds becomes what the server is asked, and what it says becomes lines to read. */

import type {
  ChangeInput,
  ChangeKind,
  DepartmentDetail,
  DepartmentImpact,
  DepartmentInput,
} from "../department-contract";

export const CHANGE_NAMES: Record<ChangeKind, string> = { rename: "更名", merge: "合并", split: "拆分" };
export const WRITTEN_NAMES = { added: "新设", changed: "变更", closed: "停用" };

export interface TargetDraft {
  /** An existing department, by its code, or a new one, described below. */
  fresh: boolean;
  existing: string;
  code: string;
  name: string;
  short_name: string;
  duties: string;
}

export interface RouteDraft {
  category: string;
  target: string;
}

export interface ChangeDraft {
  kind: ChangeKind;
  sources: string[];
  targets: TargetDraft[];
  routes: RouteDraft[];
  /** Who takes all other categories; "" = nobody, they wait for a dispatcher. */
  rest: string;
  staff: Record<string, string>;
  note: string;
}

export const blankTarget = (fresh = true): TargetDraft => ({
  fresh,
  existing: "",
  code: "",
  name: "",
  short_name: "",
  duties: "",
});

/** A change of one department, begun: a rename keeps its code, a split has two new departments. */
export function blankChange(kind: ChangeKind, source: DepartmentDetail): ChangeDraft {
  const renamed = { ...blankTarget(), code: source.code };
  return {
    kind,
    sources: [source.code],
    targets: kind === "rename" ? [renamed] : kind === "merge" ? [blankTarget(false)] : [blankTarget(), blankTarget()],
    routes: kind === "split" ? [{ category: "", target: "" }] : [],
    rest: "",
    staff: {},
    note: "",
  };
}

export const codeOf = (target: TargetDraft): string => (target.fresh ? target.code.trim() : target.existing);

/** Lines with words. */
export function dutiesOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);
}

/** Duties that say what a department does not do; they never speak for it. */
export const isBoundary = (duty: string): boolean => duty.trimStart().startsWith("边界");

function targetOf(draft: TargetDraft): DepartmentInput {
  if (!draft.fresh) return { code: draft.existing };
  const duties = dutiesOf(draft.duties);
  return {
    code: draft.code.trim(),
    name: draft.name.trim(),
    short_name: draft.short_name.trim(),
    ...(duties.length ? { duties } : {}),
  };
}

export function inputOf(draft: ChangeDraft): ChangeInput {
  const split = draft.kind === "split";
  const routes = draft.routes.filter((route) => route.category.trim() && route.target);
  return {
    kind: draft.kind,
    sources: draft.sources,
    targets: draft.targets.map(targetOf),
    mapping: split
      ? {
          ...Object.fromEntries(routes.map((route) => [route.category.trim(), route.target])),
          ...(draft.rest ? { "": draft.rest } : {}),
        }
      : {},
    staff: split ? Object.fromEntries(Object.entries(draft.staff).filter(([, target]) => target)) : {},
    note: draft.note.trim(),
  };
}

/** What is still to be filled in, "" when the server can be asked. */
export function missingIn(draft: ChangeDraft): string {
  if (draft.sources.length === 0) return "请选择要合并的单位。";
  for (const target of draft.targets) {
    if (!codeOf(target)) return target.fresh ? "请填写单位代码。" : "请选择单位。";
    if (target.fresh && !target.name.trim()) return "请填写单位名称。";
  }
  const half = draft.routes.find((route) => Boolean(route.category.trim()) !== Boolean(route.target));
  if (half) return half.target ? "请填写分类，或删去这一行。" : `请选择分类“${half.category.trim()}”由谁承办。`;
  const named = draft.routes.map((route) => route.category.trim()).filter(Boolean);
  const twice = named.find((category, index) => named.indexOf(category) !== index);
  if (twice) return `分类“${twice}”写了两次，请保留一行。`;
  if (!draft.note.trim()) return "请填写调整依据，例如文件名称和文号。";
  return "";
}

/** Who can be chosen for a category: the targets that are described so far. */
export function targetChoices(draft: ChangeDraft, known: DepartmentDetail[]): { code: string; name: string }[] {
  return draft.targets
    .map((target) => {
      const code = codeOf(target);
      const name = target.fresh ? target.name.trim() : known.find((row) => row.code === code)?.name;
      return { code, name: name || code };
    })
    .filter((choice) => choice.code);
}

/** Departments, each followed by its units; those that are no more come last. */
export function ordered(items: DepartmentDetail[]): DepartmentDetail[] {
  const codes = new Set(items.filter((row) => row.active).map((row) => row.code));
  const top = items.filter((row) => row.active && !codes.has(row.parent));
  const below = (code: string): DepartmentDetail[] => items.filter((row) => row.active && row.parent === code);
  return [...top.flatMap((row) => [row, ...below(row.code)]), ...items.filter((row) => !row.active)];
}

/** Found in the code, a name or a duty. */
export function holding(items: DepartmentDetail[], text: string): DepartmentDetail[] {
  const wanted = text.trim().toLowerCase();
  const told = (row: DepartmentDetail): string =>
    [row.code, row.name, row.short_name, row.jurisdiction, ...row.duties].join("\n").toLowerCase();
  return wanted ? items.filter((row) => told(row).includes(wanted)) : items;
}

/** What a change does (or did), line by line. */
export function impactLines(impact: DepartmentImpact, done: boolean): string[] {
  const will = done ? "已" : "将";
  const lines = impact.departments.map((row) => {
    const former = row.former_name ? `（原“${row.former_name}”）` : "";
    return `${WRITTEN_NAMES[row.state]}单位：${row.name}${former}`;
  });
  for (const row of impact.moved) lines.push(`在办工单 ${row.count} 张${will}转给${row.name}`);
  if (impact.supporting) lines.push(`${impact.supporting} 张工单的协办单位${will}随之调整`);
  lines.push(`历史工单 ${impact.history} 张保持原单位名称，训练和统计时按新单位归并`);
  for (const row of impact.orphans) lines.push(`下属单位“${row.name}”的上级单位已停用，请另行指定`);
  if (impact.rules.length) {
    lines.push(`派单规则 ${impact.rules.join("、")} 涉及原单位，请到派单规则中修改`);
  }
  return lines;
}

/** A file's bytes as the server takes them. */
export function base64Of(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
