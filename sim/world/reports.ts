import type { Report } from "../../src/domain/report.ts";
import type { Reports } from "../../src/engine/ports.ts";
import type { Life } from "./life.ts";
import type { World } from "./world.ts";

export class SimulatedReports implements Reports {
  private readonly world: World;
  private readonly life: Life;

  constructor(world: World, life: Life) {
    this.world = world;
    this.life = life;
  }

  async write(report: Report): Promise<string | null> {
    await this.life.pause(`report on ${report.run}`);
    this.world.reports.set(report.run, report);
    await this.life.pause(`report on ${report.run}: answer`);
    return null;
  }
}
