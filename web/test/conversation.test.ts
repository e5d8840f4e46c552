import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { open, typed } from "./page";
import { reply, Server } from "./server";

const STORED = `hotline-widget:${location.origin}:conversation`;
const DRAFT = `hotline-widget:${location.origin}:draft`;
const BUSY = { status: 503, code: "unavailable", message: "知识索引正在更新，请一分钟后再试。" };

let server: Server;

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  server = new Server();
});

afterEach(() => {
  document.body.textContent = "";
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("beginning and going on", () => {
  it("begins a conversation, shows the greeting and remembers it", async () => {
    const page = await open();
    expect(page.get("reply-text").textContent).toBe("您好，这里是12345热线。");
    expect(localStorage.getItem(STORED)).toBe("c1");
  });

  it("goes on with the remembered conversation after a reload", async () => {
    await (await open()).say("公积金怎么提取");
    const page = await open();
    expect(server.conversations.size).toBe(1);
    expect(page.all("turn-text").map((bubble) => bubble.querySelector(".text")?.textContent)).toEqual([
      "公积金怎么提取",
    ]);
    expect(page.all("turn-reply")).toHaveLength(2);
  });

  it("begins anew without a word when the remembered conversation is gone", async () => {
    localStorage.setItem(STORED, "gone");
    const page = await open();
    expect(page.all("turn-reply")).toHaveLength(1);
    expect(page.find("chat-notice")).toBeNull();
    expect(localStorage.getItem(STORED)).toBe("c1");
  });

  it("says it in a new conversation when the old one ended meanwhile", async () => {
    const page = await open();
    server.conversations.clear();
    await page.say("还在吗");
    expect(server.conversations.size).toBe(1);
    expect(page.all("turn-reply").at(-1)?.textContent).toContain("您说：还在吗");
    expect(page.find("chat-notice")).toBeNull();
  });

  it("speaks to the server named by the attribute", async () => {
    await open({ api: "https://hotline.example/" });
    expect(localStorage.getItem("hotline-widget:https://hotline.example:conversation")).toBe("c1");
  });

  it("leaves the conversation only after asking", async () => {
    const page = await open();
    await page.say("第一件事");
    page.get("chat-renew").click();
    expect(server.conversations.size).toBe(1);
    page.get("renew-confirm").click();
    await page.settled();
    expect(page.all("turn-text")).toHaveLength(0);
    expect(localStorage.getItem(STORED)).toBe("c2");
  });
});

describe("sending", () => {
  it("sends on Enter, empties the field and shows the answer", async () => {
    const page = await open();
    await page.say("新生儿怎么上户口");
    expect(server.said()).toEqual([{ text: "新生儿怎么上户口", option: null }]);
    expect(typed(page)).toBe("");
    expect(page.all("reply-text").at(-1)?.textContent).toBe("您说：新生儿怎么上户口");
    expect(sessionStorage.getItem(DRAFT)).toBeNull();
  });

  it("does not send while an input method composes, nor on Shift+Enter", async () => {
    const page = await open();
    page.type("gongjijin");
    page.key("Enter", { isComposing: true });
    page.key("Enter", { keyCode: 229 });
    page.key("Enter", { shiftKey: true });
    await page.settled();
    expect(server.said()).toEqual([]);
    expect(typed(page)).toBe("gongjijin");
    page.key("Enter");
    await page.settled();
    expect(server.said()).toHaveLength(1);
  });

  it("sends one thing at a time and keeps what is typed meanwhile", async () => {
    const page = await open();
    let release = (): void => undefined;
    server.hold = new Promise((resolve) => (release = resolve));
    page.type("第一句");
    page.key("Enter");
    await vi.waitFor(() => expect(server.said()).toHaveLength(1));
    expect(page.get("turn-pending").textContent).toContain("第一句");
    page.type("第二句");
    page.key("Enter");
    expect(sessionStorage.getItem(DRAFT)).toBe("第一句\n第二句");
    release();
    await page.settled();
    expect(server.said()).toHaveLength(1);
    expect(typed(page)).toBe("第二句");
    expect(sessionStorage.getItem(DRAFT)).toBe("第二句");
  });

  it("sends a chosen option with its id, and quick actions as words", async () => {
    const page = await open();
    server.replies = [
      reply("哪一种？", {
        outcome: "clarify",
        expects: "option",
        options: [{ id: "item:租房提取", label: "租房提取" }],
      }),
    ];
    await page.say("我想提取");
    page.get("option-item:租房提取").click();
    await page.settled();
    page.get("quick-complaint").click();
    await page.settled();
    expect(server.said().slice(1)).toEqual([
      { text: "租房提取", option: "item:租房提取" },
      { text: "我要投诉", option: null },
    ]);
    expect(page.find("option-item:租房提取")).toBeNull();
  });

  it("refuses more than 1000 characters without cutting them, and counts near the limit", async () => {
    const page = await open();
    page.type("好".repeat(899));
    expect(page.get("chat-count").textContent).toBe("");
    page.type("好".repeat(950));
    expect(page.get("chat-count").textContent).toBe("950/1000");
    page.type("😀".repeat(1003));
    page.key("Enter");
    await page.settled();
    expect(server.said()).toEqual([]);
    expect([...typed(page)]).toHaveLength(1003);
    expect(page.get("chat-count").textContent).toContain("已超出3字");
  });
});

describe("failures lose nothing", () => {
  it("shows the server's message and puts the text back", async () => {
    const page = await open();
    server.failures = [BUSY];
    await page.say("楼下烧烤店太吵");
    expect(page.get("chat-notice").textContent).toContain(BUSY.message);
    expect(typed(page)).toBe("楼下烧烤店太吵");
    expect(page.all("turn-text")).toHaveLength(0);
    page.get("chat-retry").click();
    await page.settled();
    expect(typed(page)).toBe("");
    expect(page.find("chat-notice")).toBeNull();
    expect(server.said()).toHaveLength(2);
  });

  it("keeps the text over a reload after the network failed", async () => {
    const page = await open();
    server.failures = ["network"];
    await page.say("井盖坏了");
    expect(page.get("chat-notice").textContent).toContain("网络");
    expect(typed(await open())).toBe("井盖坏了");
  });

  it("keeps the draft and the text on its way over a reload", async () => {
    const page = await open();
    page.type("还没写完");
    expect(sessionStorage.getItem(DRAFT)).toBe("还没写完");
    server.hold = new Promise(() => undefined);
    page.type("写完了");
    page.key("Enter");
    await vi.waitFor(() => expect(server.said()).toHaveLength(1));
    expect(sessionStorage.getItem(DRAFT)).toBe("写完了");
  });

  it("does not send twice what the server has taken although its answer was lost", async () => {
    const page = await open();
    server.loseNextAnswer = true;
    await page.say("路灯不亮");
    expect(typed(page)).toBe("路灯不亮");
    page.get("chat-retry").click();
    await page.settled();
    expect(server.said()).toHaveLength(1);
    expect(page.all("turn-text")).toHaveLength(1);
    expect(typed(page)).toBe("");
  });

  it("retries a button with its option and leaves a half-written text alone", async () => {
    const page = await open();
    server.replies = [reply("确认吗？", { options: [{ id: "confirm", label: "确认提交" }] })];
    await page.say("请登记");
    server.failures = ["network"];
    page.type("另外还有");
    page.get("option-confirm").click();
    await page.settled();
    expect(typed(page)).toBe("另外还有");
    page.get("chat-retry").click();
    await page.settled();
    expect(server.said().slice(-1)).toEqual([{ text: "确认提交", option: "confirm" }]);
    expect(typed(page)).toBe("另外还有");
  });

  it("offers to connect again when even the beginning failed", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    const page = await open();
    server = new Server();
    page.get("chat-retry").click();
    await page.settled();
    expect(page.get("reply-text").textContent).toContain("12345");
    expect(page.find("chat-notice")).toBeNull();
  });
});

describe("polling", () => {
  it("appends turns that the hotline began, and rests while the page is hidden", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const page = await open();
    server.add("c1", "", reply("请问解决了吗？", { outcome: "callback" }));
    vi.advanceTimersByTime(15_000);
    await vi.waitFor(() => expect(page.all("turn-reply")).toHaveLength(2));
    expect(page.all("turn-text")).toHaveLength(0);

    const reads = (): number => server.asked.filter((one) => one.method === "GET").length;
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    document.dispatchEvent(new Event("visibilitychange"));
    const before = reads();
    vi.advanceTimersByTime(60_000);
    expect(reads()).toBe(before);
    hidden.mockRestore();
    document.dispatchEvent(new Event("visibilitychange"));
    expect(reads()).toBe(before + 1);
  });

  it("stops when the widget is taken out of the page", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    await open();
    document.body.textContent = "";
    const before = server.asked.length;
    vi.advanceTimersByTime(60_000);
    expect(server.asked).toHaveLength(before);
  });
});
