const titleHeads = new Set(
  (
    "task|tasks|item|feature|title|name|step|milestone|phase|description|what|work|goal|tâche|tâches|titre|fonctionnalité|fonction|étape|action|aufgabe|aufgaben|titel|funktion|maßnahme|schritt|beschreibung" +
    "|tarea|tareas|título|función|funcionalidad|acción|задача|задачи|функция|название|этап|任务|功能|标题|名称|项目|事项|产品|内容|阶段|タスク|機能|項目|名前|作業"
  ).split("|"),
);

/** In lower case: the head of a column with what is to be done. */
export function isTitleHead(head: string): boolean {
  return titleHeads.has(head);
}
