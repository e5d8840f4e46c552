import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type App, createApp, h } from "vue";
import { createMemoryHistory, createRouter, RouterView } from "vue-router";
import type { Role, SessionView } from "../src/contract";
import { installElements } from "../src/console/elements";
import Departments from "../src/console/pages/Departments.vue";
import {
  base64Of,
  blankChange,
  dutiesOf,
  holding,
  impactLines,
  inputOf,
  isBoundary,
  missingIn,
  ordered,
  targetChoices,
} from "../src/console/reorganisation";
import { session } from "../src/console/session";
import type { DepartmentDetail, DepartmentImpact } from "../src/department-contract";

const department = (code: string, more: Partial<DepartmentDetail> = {}): DepartmentDetail => ({
  code,
  name: `${code}局`,
  short_name: "",
  duties: [],
  jurisdiction: "",
  working_hours: "",
  contact: "",
  active: true,
  parent: "",
  parent_name: "",
  version: "v1",
  open_orders: 0,
  staff: 0,
  ended: null,
  successors: [],
  ...more,
});

const IMPACT: DepartmentImpact = {
  version: 4,
  kind: "split",
  kind_name: "拆分",
  departments: [
    { code: "b", name: "供水局", former_name: "", state: "added", parent: "", duties: [] },
    { code: "a", name: "a局", former_name: "", state: "closed", parent: "", duties: [] },
  ],
  moved: [{ department: "b", name: "供水局", count: 2 }],
  supporting: 0,
  pending: [{ id: 7, number: "20260309000007", state_name: "办理中", category: "噪声", excerpt: "太吵" }],
  pending_total: 1,
  history: 30,
  staff: [{ username: "li", name: "李", target: "", target_name: "a局" }],
  orphans: [{ code: "u", name: "东湖分局" }],
  rules: ["r1"],
};

describe("a change of departments", () => {
  it("keeps the code of a rename", () => {
    const draft = blankChange("rename", department("a"));
    expect(missingIn(draft)).toBe("请填写单位名称。");
    Object.assign(draft.targets[0] ?? {}, { name: " 新局 ", duties: "" });
    expect(missingIn(draft)).toContain("调整依据");
    draft.note = "依据";
    expect(missingIn(draft)).toBe("");
    expect(inputOf(draft)).toEqual({
      kind: "rename",
      sources: ["a"],
      targets: [{ code: "a", name: "新局", short_name: "" }],
      mapping: {},
      staff: {},
      note: "依据",
    });
  });

  it("gives categories of a split to the targets that are described", () => {
    const draft = blankChange("split", department("a"));
    draft.note = "依据";
    Object.assign(draft.targets[0] ?? {}, { code: "b", name: "供水局", duties: "供水\n\n 水费 " });
    Object.assign(draft.targets[1] ?? {}, { fresh: false, existing: "c" });
    expect(targetChoices(draft, [department("c")])).toEqual([
      { code: "b", name: "供水局" },
      { code: "c", name: "c局" },
    ]);
    draft.routes = [{ category: "供水", target: "" }];
    expect(missingIn(draft)).toBe("请选择分类“供水”由谁承办。");
    draft.routes = [{ category: "", target: "b" }];
    expect(missingIn(draft)).toContain("请填写分类");
    draft.routes = [
      { category: "供水", target: "b" },
      { category: "供水 ", target: "c" },
    ];
    expect(missingIn(draft)).toContain("写了两次");
    draft.routes = [
      { category: "供水", target: "b" },
      { category: "", target: "" },
    ];
    expect(missingIn(draft)).toBe("");
    Object.assign(draft, { rest: "c", staff: { li: "b", wu: "" } });
    expect(inputOf(draft)).toMatchObject({
      targets: [{ code: "b", name: "供水局", short_name: "", duties: ["供水", "水费"] }, { code: "c" }],
      mapping: { 供水: "b", "": "c" },
      staff: { li: "b" },
    });
  });

  it("needs somebody to merge and somewhere to merge into", () => {
    const draft = blankChange("merge", department("a"));
    draft.note = "依据";
    expect(missingIn(draft)).toBe("请选择单位。");
    Object.assign(draft.targets[0] ?? {}, { existing: "b" });
    expect(missingIn(draft)).toBe("");
    draft.sources = [];
    expect(missingIn(draft)).toBe("请选择要合并的单位。");
  });

  it("is told line by line, before and after", () => {
    const before = impactLines(IMPACT, false).join("\n");
    for (const words of ["新设单位：供水局", "停用单位：a局", "在办工单 2 张将转给供水局", "30 张", "东湖分局", "r1"]) {
      expect(before).toContain(words);
    }
    expect(impactLines(IMPACT, true).join("\n")).toContain("2 张已转给供水局");
  });
});

describe("the register", () => {
  it("puts units below their department and those that are no more last", () => {
    const items = [department("u2", { parent: "a" }), department("x", { active: false }), department("a"), department("b")];
    const lost = department("lost", { parent: "x" });
    expect(ordered([...items, lost]).map((row) => row.code)).toEqual(["a", "u2", "b", "lost", "x"]);
  });

  it("is searched by code, names and duties", () => {
    const items = [department("gjj", { duties: ["受理提取"] }), department("b", { short_name: "城管" })];
    expect(holding(items, "提取").map((row) => row.code)).toEqual(["gjj"]);
    expect(holding(items, "GJJ")).toHaveLength(1);
    expect(holding(items, " ")).toHaveLength(2);
  });

  it("reads duties as lines, boundaries apart", () => {
    expect(dutiesOf("修路\r\n\n 边界：修桥由桥梁局负责 ")).toEqual(["修路", "边界：修桥由桥梁局负责"]);
    expect(["修路", "边界：修桥"].map(isBoundary)).toEqual([false, true]);
  });

  it("sends a file's bytes as they are", () => {
    const bytes = new Uint8Array(70_000).map((_, index) => index % 256);
    expect(Uint8Array.from(atob(base64Of(bytes)), (char) => char.charCodeAt(0))).toEqual(bytes);
  });
});

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000 });
const find = <T extends HTMLElement>(testid: string): T | null =>
  document.querySelector<T>(`[data-testid="${testid}"]`);

let app: App;
let sent: { method: string; path: string; body: Record<string, unknown> | null }[];
let refuse: string;
let warned: string[];

function type(testid: string, text: string): void {
  const found = find<HTMLInputElement>(testid);
  const field = (found?.querySelector("input, textarea") as HTMLInputElement | null) ?? found;
  if (!field) throw new Error(`no field ${testid}`);
  field.value = text;
  field.dispatchEvent(new Event("input"));
}

function answer(path: string, method: string): unknown {
  if (path.endsWith("/departments/all")) {
    return { version: 3, items: [department("a", { open_orders: 3 }), department("b")] };
  }
  if (path.endsWith("/departments/changes") && method === "GET") return [];
  if (path.endsWith("/preview")) return { ...IMPACT, kind: "rename", kind_name: "更名", pending: [], pending_total: 0 };
  if (path.endsWith("/departments/changes")) return { ...IMPACT, kind: "rename", kind_name: "更名" };
  if (method === "PUT") return department("a");
  return [];
}

async function open(role: Role): Promise<void> {
  session.staff = { username: role, name: role, role, role_name: role, department: "" } as SessionView;
  document.body.innerHTML = "<div id=app></div>";
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: "/departments", component: Departments },
      { path: "/work-orders/:id?", component: { render: () => null } },
    ],
  });
  await router.push("/departments");
  app = createApp({ render: () => h(RouterView) });
  app.config.warnHandler = (message) => warned.push(message);
  installElements(app);
  app.use(router);
  app.mount("#app");
  await until(() => expect(find("department-a")).not.toBeNull());
}

describe("the departments page", () => {
  beforeEach(() => {
    sent = [];
    refuse = "";
    warned = [];
    vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
      const method = init.method ?? "GET";
      sent.push({ method, path: String(url), body: init.body ? JSON.parse(String(init.body)) : null });
      if (refuse && method !== "GET") {
        return new Response(JSON.stringify({ error: { code: "conflict", message: refuse } }), { status: 409 });
      }
      return new Response(JSON.stringify(answer(String(url), method)));
    });
  });
  afterEach(() => {
    app.unmount();
    session.staff = null;
    document.body.innerHTML = "";
    vi.unstubAllGlobals();
  });

  it("lets a supervisor look and an administrator act", async () => {
    await open("supervisor");
    expect(find("rename-a")).toBeNull();
    expect(find("department-add")).toBeNull();
    find("edit-a")?.click();
    await until(() => expect(find("department-form")).not.toBeNull());
    expect(find("department-submit")).toBeNull();
    expect(warned).toEqual([]);
  });

  it("saves duties line by line with the version that was seen", async () => {
    await open("administrator");
    find("edit-a")?.click();
    await until(() => expect(find("department-duties")).not.toBeNull());
    type("department-duties", "修路\n边界：修桥由桥梁局负责");
    document.getElementById("department-form")?.dispatchEvent(new Event("submit", { cancelable: true }));
    await until(() => expect(sent.find((one) => one.method === "PUT")).toBeDefined());
    expect(sent.find((one) => one.method === "PUT")?.body).toMatchObject({
      code: "a",
      version: "v1",
      active: true,
      duties: ["修路", "边界：修桥由桥梁局负责"],
    });
    await until(() => expect(find("department-form")).toBeNull());
    expect(warned).toEqual([]);
  });

  it("confirms only what was previewed, with its version", async () => {
    await open("administrator");
    find("rename-a")?.click();
    await until(() => expect(find("target-name-1")).not.toBeNull());
    const confirm = (): HTMLButtonElement | null => find<HTMLButtonElement>("change-confirm");
    expect(confirm()?.disabled).toBe(true);
    type("target-name-1", "新局");
    type("change-note", "依据");
    const preview = (): unknown =>
      document.getElementById("change-form")?.dispatchEvent(new Event("submit", { cancelable: true }));
    preview();
    await until(() => expect(find("change-impact")).not.toBeNull());
    expect(confirm()?.disabled).toBe(false);
    type("target-name-1", "另一局");
    await until(() => expect(find("change-impact")).toBeNull());
    expect(confirm()?.disabled).toBe(true);
    preview();
    await until(() => expect(confirm()?.disabled).toBe(false));
    refuse = "承办单位刚刚由其他人调整过，请重新预览后再确认。";
    confirm()?.click();
    await until(() => expect(find("change-error")?.textContent).toContain("重新预览"));
    expect(confirm()?.disabled).toBe(true);
    refuse = "";
    preview();
    await until(() => expect(confirm()?.disabled).toBe(false));
    confirm()?.click();
    await until(() => expect(find("change-form")).toBeNull());
    const last = sent.filter((one) => one.path.endsWith("/departments/changes") && one.method === "POST").at(-1);
    expect(last?.body).toMatchObject({ kind: "rename", sources: ["a"], version: 4, note: "依据" });
    await until(() => expect(find("change-pending")?.textContent).toContain("改派"));
    expect(warned).toEqual([]);
  });
});
