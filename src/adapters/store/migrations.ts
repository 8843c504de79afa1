/**
 * Numbered by place, forward only: never edit one that has been released, add the next.
 * `row` holds the whole row as JSON and is the truth; the other columns are what queries look for.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE run (
    id TEXT PRIMARY KEY, status TEXT NOT NULL, created_at INTEGER NOT NULL, row TEXT NOT NULL
  ) STRICT;
  CREATE INDEX run_by_time ON run (created_at);

  CREATE TABLE task (
    run TEXT NOT NULL REFERENCES run (id), id TEXT NOT NULL, ord INTEGER NOT NULL, rank INTEGER NOT NULL,
    status TEXT NOT NULL, not_before INTEGER, title TEXT NOT NULL, row TEXT NOT NULL,
    PRIMARY KEY (run, id)
  ) STRICT;
  CREATE INDEX task_ready ON task (run, rank, ord) WHERE status = 'queued';
  CREATE INDEX task_in_order ON task (run, ord);

  CREATE TABLE dependency (
    run TEXT NOT NULL, needs TEXT NOT NULL, task TEXT NOT NULL, PRIMARY KEY (run, needs, task)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE status_count (
    run TEXT NOT NULL, status TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (run, status)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER task_inserted AFTER INSERT ON task BEGIN
    INSERT INTO status_count VALUES (new.run, new.status, 1) ON CONFLICT DO UPDATE SET count = count + 1;
  END;
  CREATE TRIGGER task_moved AFTER UPDATE OF status ON task WHEN old.status <> new.status BEGIN
    UPDATE status_count SET count = count - 1 WHERE run = old.run AND status = old.status;
    INSERT INTO status_count VALUES (new.run, new.status, 1) ON CONFLICT DO UPDATE SET count = count + 1;
  END;

  CREATE TABLE attempt (
    id TEXT PRIMARY KEY, run TEXT NOT NULL REFERENCES run (id), task TEXT NOT NULL, number INTEGER NOT NULL,
    live INTEGER NOT NULL, row TEXT NOT NULL
  ) STRICT;
  CREATE INDEX attempt_of_task ON attempt (run, task, number);
  CREATE INDEX attempt_live ON attempt (run) WHERE live = 1;

  CREATE TABLE change (
    id TEXT PRIMARY KEY, run TEXT NOT NULL REFERENCES run (id), repository TEXT NOT NULL, target TEXT NOT NULL,
    place TEXT NOT NULL, rank INTEGER NOT NULL, offered_at INTEGER NOT NULL, row TEXT NOT NULL
  ) STRICT;
  CREATE INDEX change_in_place ON change (repository, target, place, rank, offered_at) WHERE place <> 'done';
  CREATE INDEX change_of_run ON change (run);

  CREATE TABLE effect (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, row TEXT NOT NULL) STRICT;

  CREATE TABLE event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, run TEXT NOT NULL, task TEXT, body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX event_of_run ON event (run, seq);

  CREATE TABLE verdict (
    tree TEXT NOT NULL, gate TEXT NOT NULL, checks TEXT NOT NULL, PRIMARY KEY (tree, gate)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE INDEX run_active ON run (id) WHERE status = 'active';
  CREATE INDEX run_open ON run (created_at, id) WHERE status <> 'finished';
  CREATE INDEX task_waiting ON task (run, not_before) WHERE status = 'queued' AND not_before IS NOT NULL;
  CREATE INDEX change_offered ON change (run) WHERE place = 'offered';
  ALTER TABLE attempt ADD COLUMN frozen_since INTEGER;
  UPDATE task SET row = json_set(row, '$.forgiven', 0);
  UPDATE change SET row = json_set(row, '$.builds', 1);
  CREATE TABLE owner (one INTEGER PRIMARY KEY CHECK (one = 1), generation INTEGER NOT NULL) STRICT;
  INSERT INTO owner VALUES (1, 0);
  `,
  `
  -- Of runs that are no longer kept: their salvages are still to be found.
  CREATE TABLE repository (git_dir TEXT PRIMARY KEY, checkout TEXT NOT NULL, target TEXT NOT NULL) STRICT;
  `,
  `
  CREATE INDEX task_for_agent ON task (run, rank, ord) WHERE status = 'blocked' AND not_before IS NOT NULL;
  CREATE TABLE quota (provider TEXT PRIMARY KEY, row TEXT NOT NULL) STRICT;
  CREATE TABLE day_spend (day INTEGER PRIMARY KEY, usd REAL NOT NULL) STRICT;
  UPDATE run SET row = json_set(
    row, '$.spentUsd', 0, '$.holdsBack', json('false'), '$.settings.onLimit', 'wait', '$.settings.sandbox', json('{"name":"none","hosts":[],"readable":[]}'),
    '$.settings.budget', json('{"attemptUsd":5,"taskUsd":10,"runUsd":50,"dayUsd":100}'),
    '$.settings.agents', (
      SELECT json_group_array(json_set(
        value, '$.args', json('[]'), '$.model', NULL, '$.endpoint', NULL, '$.capabilities', json('[]'), '$.files', json('[]'),
        '$.maxConcurrent', NULL, '$.backups', json('[]'), '$.provider', value ->> '$.name', '$.resumes', json('false'),
        '$.cost', json('{"perAttempt":null,"perMillion":null}'), '$.hosts', json('[]'), '$.permissions', 'allow',
        '$.limits.turns', NULL, '$.limits.repeats', 20
      )) FROM json_each(row, '$.settings.agents')
    )
  );
  UPDATE task SET row = json_set(
    row, '$.spentUsd', 0, '$.resumable', NULL, '$.planned.type', 'code-generation', '$.planned.capabilities', json('[]')
  );
  UPDATE attempt SET row = json_set(
    row, '$.why', json('{"reason":"default"}'), '$.resumes', NULL, '$.session', NULL, '$.stopping', NULL,
    '$.spend', json('{"amountUsd":null,"basis":"undeclared"}')
  );
  `,
  `
  -- Milliseconds since the epoch; of those that are there nobody knows.
  ALTER TABLE verdict ADD COLUMN judged_at INTEGER NOT NULL DEFAULT 0;
  UPDATE verdict SET judged_at = CAST(strftime('%s', 'now') AS INTEGER) * 1000;
  `,
  `
  CREATE TABLE queue (
    repository TEXT NOT NULL, target TEXT NOT NULL, row TEXT NOT NULL, PRIMARY KEY (repository, target)
  ) STRICT, WITHOUT ROWID;
  UPDATE run SET row = json_set(row, '$.settings.queue', json('{"history":"batch","slots":2,"strategy":"auto","validation":null}'));
  -- What one change at a time was being built, judged or landed for is begun anew.
  DELETE FROM effect WHERE row ->> '$.kind' IN ('build-candidate', 'run-gate', 'stop-gate', 'land');
  UPDATE task SET row = json_set(row, '$.state.stage', 'queued to land')
    WHERE status = 'running' AND row ->> '$.state.stage' IN ('gating', 'landing');
  UPDATE change SET row = json_remove(json_set(row, '$.judgements', json('[]')), '$.builds');
  UPDATE change SET place = 'offered', row = json_set(row, '$.state', json('{"status":"offered"}'))
    WHERE place IN ('lane', 'offered');
  UPDATE change SET row = json_set(row, '$.state', json_object('status', 'landed', 'landing', json_object(
    'commit', row ->> '$.state.candidate.commit', 'tip', row ->> '$.state.candidate.commit',
    'tree', row ->> '$.state.candidate.tree', 'onto', row ->> '$.state.candidate.on.tip', 'together', 1,
    'nth', 1, 'at', offered_at,
    'tick', row ->> '$.state.candidate.tick', 'checks', json_extract(row, '$.state.checks'),
    'place', json_extract(row, '$.state.place'), 'note', row ->> '$.state.note'
  ))) WHERE row ->> '$.state.status' = 'landed';
  `,
  `
  -- The diff policy as it is where nothing is configured.
  UPDATE run SET row = json_set(
    row, '$.settings.policy', json('{"rules":{},"limits":{"fileBytes":5242880,"lines":3000,"files":150}}')
  );
  UPDATE task SET row = json_set(row, '$.planned.allow', json('[]'));
  UPDATE attempt SET row = json_set(row, '$.result.warnings', json('[]')) WHERE json_type(row, '$.result') = 'object';
  `,
  `
  UPDATE run SET row = json_set(row, '$.settings.onConflict', 'reopen');
  `,
  `
  UPDATE run SET row = json_set(row, '$.settings.landing', 'at-once');
  UPDATE queue SET row = json_set(row, '$.asked', json('[]'), '$.promotion', NULL);
  `,
  `
  UPDATE queue SET row = json_set(row, '$.rejected', 0, '$.away', NULL);
  `,
  `
  -- What tasks may change that others of their run may, too: numbers, by which they are found.
  CREATE TABLE share (
    run TEXT NOT NULL, number INTEGER NOT NULL, task TEXT NOT NULL, PRIMARY KEY (run, number, task)
  ) STRICT, WITHOUT ROWID;
  -- As JSON, of a task that keeps others from starting by it.
  ALTER TABLE task ADD COLUMN in_way TEXT;
  CREATE INDEX task_in_way ON task (run, id, in_way) WHERE in_way IS NOT NULL;
  -- With all that tells which task is next, so that only rows of tasks that may start are read.
  DROP INDEX task_ready;
  CREATE INDEX task_ready ON task (run, rank, ord, not_before, id) WHERE status = 'queued';
  `,
  `
  -- What tasks took that landed, of runs that were removed.
  CREATE TABLE past_work (repository TEXT NOT NULL, at INTEGER NOT NULL, row TEXT NOT NULL) STRICT;
  CREATE INDEX past_work_newest ON past_work (repository, at);
  `,
  `
  CREATE INDEX run_untold ON run (created_at) WHERE row ->> '$.untold' IS NOT NULL;
  `,
  `
  -- Rows lie by the keys they are looked for by, so that a decision reads and writes few pages: of a run's changes what is
  -- not done is found however much is done, and its events are in the order in which they are read.
  CREATE TABLE attempt_by_task (
    run TEXT NOT NULL REFERENCES run (id), task TEXT NOT NULL, number INTEGER NOT NULL, live INTEGER NOT NULL,
    frozen_since INTEGER, row TEXT NOT NULL, PRIMARY KEY (run, task, number)
  ) STRICT;
  INSERT INTO attempt_by_task SELECT run, task, number, live, frozen_since, row FROM attempt ORDER BY run, task, number;
  DROP TABLE attempt;
  ALTER TABLE attempt_by_task RENAME TO attempt;
  CREATE INDEX attempt_live ON attempt (run, frozen_since) WHERE live = 1;

  CREATE TABLE change_by_run (
    run TEXT NOT NULL REFERENCES run (id), id TEXT NOT NULL, repository TEXT NOT NULL, target TEXT NOT NULL,
    place TEXT NOT NULL, rank INTEGER NOT NULL, offered_at INTEGER NOT NULL, row TEXT NOT NULL, PRIMARY KEY (run, id)
  ) STRICT;
  INSERT INTO change_by_run
    SELECT run, id, repository, target, place, rank, offered_at, row FROM change ORDER BY run, id;
  DROP TABLE change;
  ALTER TABLE change_by_run RENAME TO change;
  CREATE INDEX change_in_place ON change (repository, target, place, rank, offered_at, id, run) WHERE place <> 'done';

  CREATE TABLE event_by_run (
    run TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, task TEXT, body TEXT NOT NULL, PRIMARY KEY (run, seq)
  ) STRICT, WITHOUT ROWID;
  -- The greatest number of an event that was removed with its run.
  ALTER TABLE owner ADD COLUMN forgotten_seq INTEGER NOT NULL DEFAULT 0;
  UPDATE owner SET forgotten_seq = coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0);
  INSERT INTO event_by_run SELECT run, seq, at, task, body FROM event ORDER BY run, seq;
  DROP TABLE event;
  ALTER TABLE event_by_run RENAME TO event;

  CREATE TABLE effect_by_id (id TEXT PRIMARY KEY, seq INTEGER NOT NULL, row TEXT NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO effect_by_id SELECT id, seq, row FROM effect;
  DROP TABLE effect;
  ALTER TABLE effect_by_id RENAME TO effect;
  `,
];
