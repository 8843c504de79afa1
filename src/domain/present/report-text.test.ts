import { expect, it } from "vitest";
import type { Report } from "../report.ts";
import { costText } from "./report-text.ts";

const none = { totalUsd: 0, reportedUsd: 0, pricedUsd: 0, ownUsd: 0, tables: [], estimatedUsd: 0 };
const spend = { ...none, undeclaredAttempts: 0, verifyUsd: 0, undeclaredVerifications: 0 };
const text = (own: object): string =>
  costText({ totals: { spend: { ...spend, ...own }, cost: null, currency: null } as unknown as Report["totals"] });

it("says of a cost who told it, and what of it the plan was", () => {
  expect(text({ totalUsd: 2, reportedUsd: 2 })).toBe("2.00 USD reported by agents");
  expect(text({ totalUsd: 2, reportedUsd: 2, planningUsd: 2, undeclaredAttempts: 4 })).toBe(
    "2.00 USD reported; 2.00 USD of it for the plan; no cost declared for 4 attempts",
  );
});
