import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Language, Parser } from "web-tree-sitter";
import type { ImportLanguage } from "../../../domain/imports/file-imports.ts";

/** Parsers of the languages that are asked for, loaded once each. */
export class Grammars {
  private readonly folder: string;
  private readonly engineFolder: string;
  private readonly parsers = new Map<ImportLanguage, Promise<Parser>>();
  private begun: Promise<void> | null = null;

  /** `folder` holds the grammars, and tree-sitter itself where that is nowhere else. */
  constructor(folder: string, engineFolder = folder) {
    this.folder = folder;
    this.engineFolder = engineFolder;
  }

  parser(language: ImportLanguage): Promise<Parser> {
    let parser = this.parsers.get(language);
    if (parser === undefined) {
      parser = this.load(language);
      this.parsers.set(language, parser);
    }
    return parser;
  }

  private async load(language: ImportLanguage): Promise<Parser> {
    this.begun ??= this.begin();
    await this.begun;
    const parser = new Parser();
    parser.setLanguage(await Language.load(await readFile(join(this.folder, `tree-sitter-${language}.wasm`))));
    return parser;
  }

  private async begin(): Promise<void> {
    await Parser.init({ wasmBinary: await readFile(join(this.engineFolder, "web-tree-sitter.wasm")) });
  }
}
