/** The widget in a page, as a person uses it. */

import { vi } from "vitest";
import "../src/widget/index";

export interface WidgetPage {
  root: ShadowRoot;
  find<T extends HTMLElement = HTMLElement>(testid: string): T | null;
  all(testid: string): HTMLElement[];
  get<T extends HTMLElement = HTMLElement>(testid: string): T;
  type(text: string): void;
  key(key: string, more?: KeyboardEventInit): void;
  /** Type and press Enter, and wait until the server has answered. */
  say(text: string): Promise<void>;
  settled(): Promise<void>;
}

/** Put a widget into the document and wait for its first turn. */
export async function open(attributes: Record<string, string> = {}): Promise<WidgetPage> {
  document.body.textContent = "";
  const element = document.createElement("hotline-widget");
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  document.body.appendChild(element);
  const root = element.shadowRoot as ShadowRoot;
  const find = <T extends HTMLElement>(testid: string): T | null => root.querySelector<T>(`[data-testid="${testid}"]`);
  const get = <T extends HTMLElement>(testid: string): T => {
    const found = find<T>(testid);
    if (!found) throw new Error(`no ${testid}`);
    return found;
  };
  const settled = (): Promise<void> =>
    vi.waitFor(() => {
      if (root.querySelector(".log")?.getAttribute("aria-busy") !== "false") throw new Error("busy");
    });
  const page: WidgetPage = {
    root,
    find,
    get,
    all: (testid) => [...root.querySelectorAll<HTMLElement>(`[data-testid="${testid}"]`)],
    type(text) {
      get<HTMLTextAreaElement>("chat-input").value = text;
      get("chat-input").dispatchEvent(new Event("input", { bubbles: true }));
    },
    key(key, more = {}) {
      get("chat-input").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
    },
    async say(text) {
      page.type(text);
      page.key("Enter");
      await settled();
    },
    settled,
  };
  await settled();
  return page;
}

/** What the input field holds. */
export function typed(page: WidgetPage): string {
  return page.get<HTMLTextAreaElement>("chat-input").value;
}
