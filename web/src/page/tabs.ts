/** 页签: tabs after the ARIA pattern: arrows move, only the chosen one is in the tab order. */

export class Tabs {
  constructor(
    private readonly tabs: HTMLElement[],
    private readonly chosen: (id: string) => void,
  ) {
    for (const [index, tab] of tabs.entries()) {
      tab.addEventListener("click", () => this.select(tab.id));
      tab.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const next = this.tabs[(index + step + tabs.length) % tabs.length];
        if (!next) return;
        this.select(next.id);
        next.focus();
      });
    }
  }

  select(id: string): void {
    for (const tab of this.tabs) {
      const on = tab.id === id;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
      if (panel) panel.hidden = !on;
    }
    this.chosen(id);
  }
}
