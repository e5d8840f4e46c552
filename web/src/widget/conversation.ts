/** 会话: one citizen's conversation as the widget knows it: its turns, what is being sent, and going on after a reload. */

import type { ConversationView, Turn } from "../contract";
import { messageOf, RequestFailure } from "../http";
import type { ConversationClient } from "./client";
import type { Memory } from "./memory";

export const MAX_CHARACTERS = 1000;

/** What the citizen said and is on its way. `option` is a chosen option's id, null for free text. */
export interface Outgoing {
  text: string;
  option: string | null;
}

export interface Failure {
  message: string;
  /** What was not delivered; null when it was not about sending. */
  outgoing: Outgoing | null;
}

export interface ConversationListener {
  /** Another conversation's turns are shown from now on. */
  shown(turns: Turn[]): void;
  /** A turn arrived; `own` when it answers what was just sent. */
  arrived(turn: Turn, own: boolean): void;
  /** A request is out: nothing can be sent until it is over. */
  busy(busy: boolean): void;
  /** This is on its way (null: no more). */
  sending(outgoing: Outgoing | null): void;
  failed(failure: Failure): void;
}

export class Conversation {
  private id = "";
  private turns = new Map<number, Turn>();
  private working = false;
  /** Sent without an answer: the server may have it all the same, so it is looked for before sending again. */
  private unsure: Outgoing | null = null;
  /** Turns that were pushed while something was on its way. */
  private pushed: Turn[] = [];
  /** Raised by every new beginning, so that answers to an earlier one are dropped. */
  private generation = 0;

  constructor(
    private readonly client: ConversationClient,
    private readonly memory: Memory,
    private readonly listener: ConversationListener,
  ) {}

  get last(): Turn | null {
    return [...this.turns.values()].pop() ?? null;
  }

  /** The id on the server; "" before the conversation has begun. */
  get current(): string {
    return this.id;
  }

  get busy(): boolean {
    return this.working;
  }

  /** Go on with the remembered conversation, or begin one. */
  async start(): Promise<void> {
    await this.exclusively(async () => {
      await this.open(this.memory.conversation);
    }, null);
  }

  /** Begin a new one; the old one stays on the server. */
  async restart(): Promise<void> {
    this.generation += 1;
    this.unsure = null;
    this.memory.conversation = "";
    this.id = "";
    await this.start();
  }

  /** Say something. True when it was delivered; on failure the listener is told and nothing is lost. */
  async say(outgoing: Outgoing): Promise<boolean> {
    if (this.working) return false;
    return this.exclusively(async (current) => {
      this.listener.sending(outgoing);
      if (!this.id) {
        await this.open(this.memory.conversation);
        this.listener.sending(outgoing);
      }
      if (this.unsure) {
        const delivered = await this.find(this.unsure);
        if (!current()) return;
        const same = delivered && this.unsure.text === outgoing.text;
        this.unsure = null;
        if (same) return;
      }
      const before = this.last?.number ?? 0;
      const turn = await this.deliver(outgoing);
      if (!current()) return;
      this.take(turn, true);
      // Others (a callback, another tab) may have spoken in between.
      if (turn.number > before + 1) await this.refresh();
    }, outgoing);
  }

  /** Show turns that came from elsewhere: a due callback, another tab. Quiet on failure: the next poll tries again. */
  async poll(): Promise<void> {
    if (this.working || !this.id) return;
    const generation = this.generation;
    try {
      const view = await this.client.read(this.id);
      if (generation !== this.generation || this.working) return;
      this.merge(view);
    } catch (error) {
      if (isGone(error)) this.id = this.memory.conversation = "";
    }
  }

  /** A turn was pushed. While something is on its way it waits: it may be the very answer. */
  receive(turn: Turn): void {
    if (this.working) this.pushed.push(turn);
    else this.take(turn, false);
  }

  /** Mark an answer as helpful or not. False when it could not be stored. */
  async mark(turn: Turn, helpful: boolean): Promise<boolean> {
    try {
      await this.client.mark(this.id, turn.number, helpful);
      turn.helpful = helpful;
      return true;
    } catch (error) {
      this.listener.failed({ message: messageOf(error), outgoing: null });
      return false;
    }
  }

  private async exclusively(
    work: (current: () => boolean) => Promise<void>,
    outgoing: Outgoing | null,
  ): Promise<boolean> {
    const generation = this.generation;
    const current = (): boolean => generation === this.generation;
    this.setWorking(true);
    try {
      await work(current);
      if (!current()) return false;
      this.setWorking(false);
      return true;
    } catch (error) {
      if (!current()) return false;
      if (error instanceof RequestFailure && error.code === "network" && this.id) this.unsure = outgoing;
      this.setWorking(false);
      this.listener.failed({ message: messageOf(error), outgoing });
      return false;
    }
  }

  private setWorking(working: boolean): void {
    this.working = working;
    if (!working) {
      this.listener.sending(null);
      for (const turn of this.pushed.splice(0)) this.take(turn, false);
    }
    this.listener.busy(working);
  }

  /** Read `id`, or begin a new one when there is none any more. */
  private async open(id: string): Promise<void> {
    let view: ConversationView | null = null;
    const generation = this.generation;
    if (id) {
      try {
        view = await this.client.read(id);
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    }
    view ??= await this.client.begin();
    if (generation !== this.generation) return;
    this.id = this.memory.conversation = view.id;
    this.turns = new Map(view.turns.map((turn) => [turn.number, turn]));
    this.pushed = [];
    this.listener.shown(view.turns);
  }

  private async deliver(outgoing: Outgoing): Promise<Turn> {
    try {
      return await this.client.say(this.id, outgoing.text, outgoing.option);
    } catch (error) {
      if (!isGone(error)) throw error;
      await this.open("");
      this.listener.sending(outgoing);
      // An option belonged to the conversation that is gone; its label is still what the citizen wants to say.
      return this.client.say(this.id, outgoing.text, null);
    }
  }

  /** Whether the server has taken `outgoing` although no answer came back; shows the turn if so. */
  private async find(outgoing: Outgoing): Promise<boolean> {
    const known = new Set(this.turns.keys());
    try {
      await this.refresh();
    } catch (error) {
      if (!isGone(error)) throw error;
    }
    return [...this.turns.values()].some(
      (turn) => !known.has(turn.number) && turn.text.trim() === outgoing.text.trim(),
    );
  }

  private async refresh(): Promise<void> {
    const generation = this.generation;
    const view = await this.client.read(this.id);
    if (generation === this.generation) this.merge(view);
  }

  private merge(view: ConversationView): void {
    for (const turn of view.turns) this.take(turn, false);
  }

  private take(turn: Turn, own: boolean): void {
    if (this.turns.has(turn.number)) return;
    if (this.unsure && turn.text.trim() === this.unsure.text.trim()) own = true;
    this.turns.set(turn.number, turn);
    this.turns = new Map([...this.turns].sort(([a], [b]) => a - b));
    this.listener.arrived(turn, own);
  }
}

function isGone(error: unknown): boolean {
  return error instanceof RequestFailure && error.status === 404;
}
