import type { MarkAnchor } from "../../src/domain/plan.ts";
import type { InPlaceTick, Sources } from "../../src/engine/ports.ts";
import type { Life } from "./life.ts";
import type { World } from "./world.ts";

/** Files that git does not track. A person who edits one at the same moment keeps their edit. */
export class SimulatedSources implements Sources {
  private readonly world: World;
  private readonly life: Life;

  constructor(world: World, life: Life) {
    this.world = world;
    this.life = life;
  }

  async tickInPlace(file: string, box: MarkAnchor): Promise<InPlaceTick> {
    await this.life.pause(`tick ${box.label} in ${file}`);
    const ticked = this.world.files.get(file) ?? new Set();
    if (ticked.has(box.label)) return { ticked: false, problem: null };
    if (this.world.random.chance(0.05)) return { ticked: false, problem: "the file was changed meanwhile" };
    this.world.files.set(file, ticked.add(box.label));
    await this.life.pause(`tick ${box.label} in ${file}: answer`);
    return { ticked: true, problem: null };
  }
}
