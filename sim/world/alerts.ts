import type { Notice } from "../../src/domain/alert.ts";
import type { AlertOutcome, Alerts } from "../../src/engine/ports.ts";
import type { Life } from "./life.ts";
import type { World } from "./world.ts";

/** A person's program that now and then fails, or that there is none of. */
export class SimulatedAlerts implements Alerts {
  private readonly world: World;
  private readonly life: Life;

  constructor(world: World, life: Life) {
    this.world = world;
    this.life = life;
  }

  async send({ id }: Notice): Promise<AlertOutcome> {
    await this.life.pause(`alert ${id}`);
    if (this.world.random.chance(0.2)) return { kind: "failed", problem: "exit code 1" };
    if (this.world.random.chance(0.2)) return { kind: "none" };
    this.world.alerts.add(id);
    await this.life.pause(`alert ${id}: answer`);
    return { kind: "sent" };
  }
}
