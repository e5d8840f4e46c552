import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type App, createApp, h } from "vue";
import { createMemoryHistory, createRouter, type Router, RouterView } from "vue-router";
import type { SessionView } from "../src/contract";
import { installElements } from "../src/console/elements";
import { figureAddress, figureTitle, intervalOf, levelOf, riseOf } from "../src/console/insight";
import LeagueTable from "../src/console/components/LeagueTable.vue";
import { menuOf } from "../src/console/menu";
import Figures from "../src/console/pages/Figures.vue";
import Reports from "../src/console/pages/Reports.vue";
import Topics from "../src/console/pages/Topics.vue";
import { session } from "../src/console/session";
import type { LeagueMeasure, Standing, Topic } from "../src/insight-contract";

const topic = (more: Partial<Topic> = {}): Topic => ({
  id: 4,
  title: "停水 · 松岭区石桥街道",
  terms: ["停水"],
  count: 9,
  persons: 8,
  found_at: "2026-11-20T10:00:00+08:00",
  window_from: "2026-11-17T10:00:00+08:00",
  window_to: "2026-11-20T10:10:00+08:00",
  alerted_at: "2026-11-20T10:00:00+08:00",
  present: true,
  span_hours: 24,
  span_count: 8,
  usual: 0.4,
  times: 20,
  surprise: 7.2,
  spike: true,
  confidential: 1,
  districts: [{ code: "songling", name: "松岭区", count: 9 }],
  streets: [],
  categories: [{ category: "民政社区/停水", count: 9 }],
  ...more,
});
const MEMBER = {
  id: 12,
  number: "20261120000012",
  created_at: "2026-11-20T09:00:00+08:00",
  type: "投诉",
  district: "松岭区",
  category: "停水",
  state_name: "办理中",
  department_name: "水务集团",
  confidential: false,
  excerpt: "一滴水都没有",
};
const standing = (numerator: number, denominator: number, rank: number | null): Standing => ({
  numerator,
  denominator,
  share: denominator ? numerator / denominator : null,
  low: 0.7,
  high: 0.9,
  rank,
});
const MEASURE: LeagueMeasure = { key: "satisfaction", name: "满意率", basis: "满意 / 已评价", good: true, by_closing: true };
const LEAGUE = {
  measures: [MEASURE],
  sort: "satisfaction",
  together: true,
  least: 20,
  rows: [
    { department: "water", name: "水务集团", parent: "", volume: 50, measures: { satisfaction: standing(40, 48, 1) } },
    { department: "power", name: "供电公司", parent: "", volume: 5, measures: { satisfaction: standing(5, 5, null) } },
    { department: "school", name: "教育局", parent: "", volume: 2, measures: {} },
  ],
};
const REPORT = {
  id: 3,
  kind: "month",
  kind_name: "月报",
  period: "2026年10月",
  period_from: "",
  period_to: "",
  made_at: "2026-11-01T00:10:00+08:00",
  count: 1234,
};
const SHARES = {
  dimensions: [{ key: "district", name: "区县" }],
  cells: [
    { values: ["松岭区"], names: ["松岭区"], count: 3, share: 0.75 },
    { values: [""], names: ["未填写"], count: 1, share: 0.25 },
  ],
  total: 4,
  left_out: 0,
};

const drawn = new Proxy({}, { get: (_, name) => (name === "measureText" ? () => ({ width: 0 }) : () => undefined), set: () => true });
HTMLCanvasElement.prototype.getContext = (() => drawn) as unknown as HTMLCanvasElement["getContext"];

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000 });
const find = (testid: string): HTMLElement | null => document.querySelector(`[data-testid="${testid}"]`);
const all = (testid: string): HTMLElement[] => [...document.querySelectorAll<HTMLElement>(`[data-testid="${testid}"]`)];
const json = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status });

let app: App;
let router: Router;
let sent: string[];
let broken: string;

function answer(path: string): Response {
  if (broken) return json({ error: { code: "invalid_input", message: broken } }, 422);
  if (path.includes("/topics/4")) return json({ ...topic(), members: [MEMBER], hidden: 8 });
  if (path.includes("/topics"))
    return json({ items: [topic(), topic({ id: 5, present: false, usual: null, times: null, spike: false })], window_hours: 72, usual_days: 28, enough_days: 7, least: 5 });
  if (path.includes("/rows")) return json({ items: [{ id: 12, number: "N12", excerpt: "停水", type: "投诉" }], total: 41 });
  if (path.includes("/league")) return json(LEAGUE);
  if (path.includes("/shares")) return json(SHARES);
  if (path.includes("/departments")) return json([]);
  return json(path.endsWith("/reports") ? [REPORT] : REPORT);
}

async function open(path: string, role = "supervisor"): Promise<void> {
  session.staff = { username: "du", name: "du", role, role_name: "", department: role === "department" ? "water" : "" } as SessionView;
  document.body.innerHTML = "<div id=app></div>";
  router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: "/topics", component: Topics },
      { path: "/reports", component: Reports },
      { path: "/figures", component: Figures },
      { path: "/league", component: { render: () => h(LeagueTable, { from: "2026-10-01", to: "2026-10-31" }) } },
      { path: "/work-orders/:id?", name: "orders", component: { render: () => h("i") } },
    ],
  });
  await router.push(path);
  app = createApp({ render: () => h(RouterView) });
  installElements(app);
  app.use(router).mount("#app");
}

beforeEach(() => {
  sent = [];
  broken = "";
  vi.stubGlobal("fetch", (url: string, init: RequestInit = {}) => {
    sent.push(`${init.method ?? "GET"} ${url}`);
    return Promise.resolve(answer(String(url)));
  });
  vi.stubGlobal("matchMedia", () => ({ matches: true, addEventListener: () => undefined, removeEventListener: () => undefined }));
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe(): void {}
      unobserve(): void {}
      disconnect(): void {}
    },
  );
});

afterEach(() => {
  app?.unmount();
  session.staff = null;
  vi.unstubAllGlobals();
});

describe("热点", () => {
  it("tells the rise against the usual, or that too little is known", async () => {
    expect(riseOf(topic())).toBe("近24小时8件，平时0.4件，约20倍");
    expect(riseOf(topic({ usual: 0.05, times: 160 }))).toBe("近24小时8件，平时0.05件，极少出现");
    expect(riseOf(topic({ usual: 0.001, times: 8000 }))).toBe("近24小时8件，平时几乎没有");
    await open("/topics");
    await until(() => expect(all("topic")).toHaveLength(2));
    expect(all("topic-spike")).toHaveLength(1);
    expect(all("topic-rise")[1]?.textContent).toContain("历史数据不足");
    expect(all("topic")[1]?.textContent).toContain("已回落");
    expect(find("topics-export-csv")).not.toBeNull();
  });

  it("lists the orders that the reader may see, and how many it does not", async () => {
    await open("/topics?id=4", "department");
    await until(() => expect(all("topic-member")).toHaveLength(1));
    expect(find("topic-hidden")?.textContent).toContain("另有8件");
    expect(find("topics-export-csv")).toBeNull();
  });

  it("says what is wrong", async () => {
    broken = "没有找到这个热点。";
    await open("/topics");
    await until(() => expect(find("topics-error")?.textContent).toContain("没有找到这个热点"));
  });
});

describe("承办单位排名", () => {
  it("lists small numbers apart and links every figure to its orders", async () => {
    await open("/league");
    await until(() => expect(all("league-row")).toHaveLength(3));
    expect(find("league-ranked")?.textContent).toContain("水务集团");
    expect(find("league-apart")?.textContent).toContain("不足20件，不参与排名");
    expect(find("league-apart")?.textContent).toContain("供电公司");
    const link = find("league-volume")?.getAttribute("href") ?? "";
    expect(link).toContain("/figures?of=league");
    expect(link).toContain("department=water");
    expect(find("league-export-xlsx")).not.toBeNull();
  });

  it("gives a department links to its own orders only", async () => {
    await open("/league", "department");
    await until(() => expect(all("league-row")).toHaveLength(3));
    const linked = all("league-row").filter((row) => row.querySelector("a")).map((row) => row.textContent);
    expect(linked).toHaveLength(1);
    expect(linked[0]).toContain("水务集团");
  });

  it("colours only the ends of a long table", () => {
    expect(levelOf(standing(40, 48, 1), MEASURE, 9)).toBe("good");
    expect(levelOf(standing(40, 48, 5), MEASURE, 9)).toBe("");
    expect(levelOf(standing(40, 48, 9), MEASURE, 9)).toBe("bad");
    expect(levelOf(standing(40, 48, 1), MEASURE, 3)).toBe("");
    expect(levelOf(standing(5, 5, null), MEASURE, 9)).toBe("");
    expect(intervalOf(standing(40, 48, 1))).toBe("70.0%–90.0%");
    expect(intervalOf(standing(0, 0, null))).toBe("");
  });
});

describe("报表", () => {
  it("shows reports to who leads, shares to everybody", async () => {
    await open("/reports");
    await until(() => expect(all("report")).toHaveLength(1));
    expect(find("report-html")?.getAttribute("href")).toBe("/api/console/reports/3/html");
    await until(() => expect(all("share")).toHaveLength(2));
    expect(all("share-count")[1]?.getAttribute("href")).toContain("value=district:");
    app.unmount();
    sent = [];
    await open("/reports", "agent");
    await until(() => expect(all("share")).toHaveLength(2));
    expect(find("reports")).toBeNull();
    expect(sent.some((one) => one.includes("/reports"))).toBe(false);
  });

  it("is in everybody's menu", () => {
    const paths = menuOf("department").map((entry) => entry.path);
    expect(paths).toContain("/topics");
    expect(paths).toContain("/reports");
  });
});

describe("数据明细", () => {
  it("asks for exactly what the figure's query says", async () => {
    const { path, query } = figureAddress("slice", { from: "2026-10-01", to: "", value: ["district:松岭区", "type:投诉"] });
    expect(query).toEqual({ of: "slice", from: "2026-10-01", value: ["district:松岭区", "type:投诉"] });
    await open("/topics");
    await router.push({ path, query });
    await until(() => expect(all("figure-row")).toHaveLength(1));
    const asked = decodeURIComponent(sent.find((one) => one.includes("/shares/rows")) ?? "");
    expect(asked).toContain("from=2026-10-01&value=district:松岭区&value=type:投诉&page=1&size=20");
    expect(find("figure-total")?.textContent).toContain("共 41 件");
    await router.push({ path, query: { of: "league", measure: "returned", part: "numerator" } });
    await until(() => expect(sent.some((one) => one.includes("/league/rows?measure=returned&part=numerator"))).toBe(true));
  });

  it("tells which figure it is, without codes", () => {
    const nameOf = (code: string): string => ({ water: "水务集团" })[code] ?? code;
    expect(figureTitle({ value: ["district:松岭区", "department:water"] }, nameOf)).toBe("区县：松岭区、承办单位：水务集团");
    expect(figureTitle({ value: "category_1:" }, nameOf)).toBe("一级分类：未填写");
    expect(figureTitle({ department: "water", measure: "returned", part: "numerator" }, nameOf)).toBe("水务集团 退单率（分子）");
    expect(figureTitle({ department: "water" }, nameOf)).toBe("水务集团 工单数");
    expect(figureTitle({ from: "2026-10-01" }, nameOf)).toBe("");
  });

  it("leads a topic's figure to the topic", async () => {
    await open("/figures?of=topic&id=4");
    await until(() => expect(router.currentRoute.value.fullPath).toBe("/topics?id=4"));
  });
});
