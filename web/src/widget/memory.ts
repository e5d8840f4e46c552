/** 本机记忆: what the browser keeps for the widget. A browser that refuses storage only loses the memory. */

const PREFIX = "hotline-widget";

function read(storage: () => Storage, key: string): string {
  try {
    return storage().getItem(key) ?? "";
  } catch {
    return "";
  }
}

function write(storage: () => Storage, key: string, value: string): void {
  try {
    if (value) storage().setItem(key, value);
    else storage().removeItem(key);
  } catch {
    // Private windows and sandboxed frames may refuse; the conversation still works until the page is left.
  }
}

/** Memory of one server's conversation: its id and large type outlive the tab, the unsent draft only a reload. */
export class Memory {
  private readonly key: string;

  constructor(api: string) {
    this.key = `${PREFIX}:${api}`;
  }

  get conversation(): string {
    return read(() => localStorage, `${this.key}:conversation`);
  }

  set conversation(id: string) {
    write(() => localStorage, `${this.key}:conversation`, id);
  }

  get draft(): string {
    return read(() => sessionStorage, `${this.key}:draft`);
  }

  set draft(text: string) {
    write(() => sessionStorage, `${this.key}:draft`, text);
  }

  get large(): boolean {
    return read(() => localStorage, `${PREFIX}:large`) === "1";
  }

  set large(on: boolean) {
    write(() => localStorage, `${PREFIX}:large`, on ? "1" : "");
  }
}
