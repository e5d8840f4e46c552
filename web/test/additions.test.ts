import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { OrderView } from "../src/contract";
import { QueryPanel } from "../src/page/query";

function order(more: Partial<OrderView> = {}): OrderView {
  return {
    number: "20261121000007",
    type: "投诉",
    state: "processing",
    state_name: "办理中",
    created_at: "2026-11-20T10:00:00+08:00",
    due_at: "2026-12-11T17:30:00+08:00",
    overdue: false,
    department: "城市管理局",
    reply: "",
    steps: [{ at: "2026-11-20T10:00:00+08:00", name: "已受理", note: "" }],
    callback: null,
    elements: { place: "", time: "", subject: "", event: "", demand: "" },
    text: "楼下垃圾没人清运",
    responsible: { name: "城市管理局", task: "正在办理", until: "2026-12-11T17:30:00+08:00" },
    suspended: false,
    urges: 0,
    may: { urge: true, supplement: true, attach: true },
    supplements: [],
    attachments: [],
    ...more,
  };
}

interface Sent {
  path: string;
  body: unknown;
  headers: Record<string, string>;
}

let sent: Sent[];
let answers: { status: number; body: unknown }[];

const find = <T extends HTMLElement>(testid: string): T | null =>
  document.querySelector<T>(`[data-testid="${testid}"]`);
const told = (testid: string): string => find(testid)?.textContent ?? "";

async function query(view: OrderView): Promise<void> {
  document.body.innerHTML = "<div id=place></div>";
  const panel = new QueryPanel(document.getElementById("place") as HTMLElement);
  panel.fill("ABCDE-23456");
  (find("query-last4-input") as HTMLInputElement).value = "1234";
  answers.push({ status: 200, body: view });
  find("query-form")?.dispatchEvent(new Event("submit", { cancelable: true }));
  await vi.waitFor(() => expect(find("query-result")).not.toBeNull());
  sent = [];
}

beforeEach(() => {
  sent = [];
  answers = [];
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
  vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
    const body = typeof init.body === "string" ? (JSON.parse(init.body) as unknown) : init.body;
    sent.push({ path: String(url), body, headers: init.headers as Record<string, string> });
    const { status, body: answer } = answers.shift() ?? { status: 500, body: {} };
    return new Response(JSON.stringify(answer), { status });
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  document.body.innerHTML = "";
});

describe("what a citizen adds to the own order", () => {
  it("says who has it now and until when, and that it stands still", async () => {
    await query(order());
    expect(told("result-responsible")).toBe("当前：城市管理局正在办理，期限2026年12月11日 17:30。");
    await query(order({ suspended: true, responsible: { name: "城市管理局", task: "已暂时挂起", until: null } }));
    expect(told("result-responsible")).toBe("当前：城市管理局已暂时挂起。");
    expect(told("result-due")).toContain("暂不计时");
  });

  it("urges with the code that was used, and then offers it no more", async () => {
    await query(order());
    answers.push({ status: 200, body: order({ urges: 1, may: { urge: false, supplement: true, attach: true } }) });
    find("urge")?.click();
    await vi.waitFor(() => expect(told("urged")).toContain("您已催办1次"));
    expect(sent[0]).toMatchObject({
      path: "/api/work-orders/urge",
      body: { query_code: "ABCDE-23456", phone_last4: "1234", number: "" },
    });
    expect(find("urge")).toBeNull();
    expect(told("urged")).toContain("明天可以再催");
    await query(
      order({ state: "closed", urges: 1, may: { urge: false, supplement: false, attach: true } }),
    );
    expect(told("urged")).toBe("您已催办1次。这件事已经办完。");
  });

  it("keeps what was typed when the server refuses, and shows it once it is taken", async () => {
    await query(order());
    const text = find<HTMLTextAreaElement>("supplement-text") as HTMLTextAreaElement;
    const submit = (): boolean =>
      find("supplement-form")?.dispatchEvent(new Event("submit", { cancelable: true })) ?? false;
    submit();
    expect(told("additions-error")).toBe("请填写补充内容。");
    expect(sent).toEqual([]);
    text.value = " 晚上更严重 ";
    answers.push({ status: 422, body: { error: { code: "invalid_input", message: "这张工单已经补充10次。" } } });
    submit();
    await vi.waitFor(() => expect(told("additions-error")).toBe("这张工单已经补充10次。"));
    expect(text.value).toBe(" 晚上更严重 ");
    const supplements = [{ at: "2026-11-21T10:00:00+08:00", text: "晚上更严重" }];
    answers.push({ status: 200, body: order({ supplements }) });
    submit();
    await vi.waitFor(() => expect(told("result-added")).toContain("晚上更严重"));
    expect(sent.at(-1)).toMatchObject({ path: "/api/work-orders/supplements", body: { text: "晚上更严重" } });
  });

  it("sends a file as it is, with the code in headers and not in the address", async () => {
    await query(order({ parts: [order({ number: "20261121000008" })] }));
    const file = new File(["x"], "现场 照片.jpg");
    const input = document.querySelectorAll<HTMLInputElement>("[data-testid=attachment-input]")[0] as HTMLInputElement;
    Object.defineProperty(input, "files", { value: [file] });
    answers.push({ status: 422, body: { error: { code: "invalid_input", message: "文件内容与扩展名不一致。" } } });
    input.dispatchEvent(new Event("change"));
    await vi.waitFor(() => expect(document.body.textContent).toContain("文件内容与扩展名不一致。"));
    const [one] = sent;
    expect(one?.path).toContain("/api/work-orders/attachments?name=%E7%8E%B0%E5%9C%BA+%E7%85%A7%E7%89%87.jpg");
    expect(one?.path).not.toContain("ABCDE");
    expect(one?.headers).toMatchObject({ "X-Query-Code": "ABCDE-23456", "X-Phone-Last4": "1234" });
    expect(one?.body).toBe(file);
    expect(one?.path).toContain("number=20261121000008");
  });

  it("offers nothing where nothing can be added", async () => {
    await query(order({ may: { urge: false, supplement: false, attach: false }, responsible: null }));
    expect(find("additions")).toBeNull();
    expect(find("result-responsible")).toBeNull();
  });
});
