/** 事件流: what the server pushes while the widget is open. When it breaks off, the widget polls and this tries again. */

import type { OrderStep, Turn } from "../contract";

/** 办理进展 of one of the conversation's orders. */
export interface OrderNews {
  number: string;
  state: string;
  state_name: string;
  due_at: string | null;
  step: OrderStep;
}

export interface StreamListener {
  turn(turn: Turn): void;
  order(news: OrderNews): void;
  /** Whether pushes arrive; when not, somebody has to ask. */
  live(on: boolean): void;
}

const FIRST_MS = 5_000;
const LONGEST_MS = 300_000;

export class EventStream {
  private source: EventSource | null = null;
  private timer = 0;
  private pause = FIRST_MS;
  private address = "";
  /** The last event's id: behind it the next connection goes on. */
  private cursor = "";

  constructor(private readonly listener: StreamListener) {}

  /** Listen to the stream at `address`, to what comes after `cursor` (an event's id, or a turn's number). */
  open(address: string, cursor: string): void {
    this.close();
    this.address = address;
    this.cursor = cursor;
    this.pause = FIRST_MS;
    this.connect();
  }

  close(): void {
    window.clearTimeout(this.timer);
    this.drop();
  }

  private connect(): void {
    if (typeof EventSource === "undefined") return;
    const source = new EventSource(`${this.address}?after=${encodeURIComponent(this.cursor)}`);
    this.source = source;
    const on = (name: string, doing: (data: string) => void): void =>
      source.addEventListener(name, (event) => {
        if (source !== this.source) return;
        const { data, lastEventId } = event as MessageEvent<string>;
        if (lastEventId) this.cursor = lastEventId;
        doing(data);
      });
    on("ready", () => {
      this.pause = FIRST_MS;
      this.listener.live(true);
    });
    on("turn", (data) => this.listener.turn(JSON.parse(data) as Turn));
    on("order", (data) => this.listener.order(JSON.parse(data) as OrderNews));
    // The connection's own errors and the server's come by one name; after either this stream is over.
    on("error", () => this.again());
  }

  /** Connect anew after a pause that doubles, and is not the same for everybody whose server restarts. */
  private again(): void {
    this.drop();
    this.timer = window.setTimeout(() => this.connect(), this.pause * (0.75 + Math.random() / 2));
    this.pause = Math.min(this.pause * 2, LONGEST_MS);
  }

  private drop(): void {
    this.source?.close();
    this.source = null;
    this.listener.live(false);
  }
}
