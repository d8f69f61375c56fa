import GRDB

/// The tables of the state file. They are an interface (docs/state.md): released migrations are never edited.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1: runs, nodes, journal") { database in
      try database.execute(sql: tables)
      try database.execute(sql: views)
    }
    migrator.registerMigration("2: requests") { database in try database.execute(sql: requests) }
    migrator.registerMigration("3: artifacts, objects") { database in try database.execute(sql: objects) }
    return migrator
  }

  /// Times are milliseconds since 1970; lists and objects are JSON.
  private static let tables = """
    CREATE TABLE engine (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      epoch INTEGER NOT NULL,
      pid INTEGER,
      claimed_at INTEGER
    );
    INSERT INTO engine (id, epoch) VALUES (1, 0);

    CREATE TABLE runs (
      uid TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      namespace TEXT NOT NULL,
      phase TEXT NOT NULL,
      message TEXT,
      created_at INTEGER NOT NULL,
      started_at INTEGER,
      finished_at INTEGER,
      shutdown TEXT,
      suspended_at INTEGER,
      manifest TEXT NOT NULL,
      parameters TEXT NOT NULL,
      global_outputs TEXT NOT NULL DEFAULT '[]',
      directory TEXT NOT NULL,
      UNIQUE (namespace, name)
    ) WITHOUT ROWID;

    CREATE TABLE nodes (
      run TEXT NOT NULL REFERENCES runs(uid) ON DELETE CASCADE,
      number INTEGER NOT NULL,
      id TEXT NOT NULL,
      name TEXT NOT NULL,
      display_name TEXT NOT NULL,
      type TEXT NOT NULL,
      template TEXT,
      owner INTEGER,
      boundary INTEGER,
      member INTEGER NOT NULL,
      item TEXT,
      is_hook INTEGER NOT NULL,
      phase TEXT NOT NULL,
      message TEXT,
      started_at INTEGER NOT NULL,
      finished_at INTEGER,
      inputs TEXT NOT NULL,
      output_parameters TEXT,
      result TEXT,
      exit_code INTEGER,
      done INTEGER,
      total INTEGER,
      attempt TEXT,
      retry_at INTEGER,
      PRIMARY KEY (run, number)
    ) WITHOUT ROWID;

    CREATE TABLE journal (
      sequence INTEGER PRIMARY KEY,
      run TEXT NOT NULL REFERENCES runs(uid) ON DELETE CASCADE,
      at INTEGER NOT NULL,
      event TEXT NOT NULL,
      note TEXT
    );
    CREATE INDEX journal_by_run ON journal (run, sequence);
    CREATE INDEX runs_by_phase ON runs (phase);
    """

  private static let requests = """
    CREATE TABLE requests (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      run TEXT NOT NULL REFERENCES runs(uid) ON DELETE CASCADE,
      at INTEGER NOT NULL,
      request TEXT NOT NULL,
      done_at INTEGER,
      answer TEXT
    );
    CREATE UNIQUE INDEX open_requests ON requests (run, request) WHERE done_at IS NULL;
    """

  private static let objects = """
    ALTER TABLE nodes ADD COLUMN input_artifacts TEXT;
    ALTER TABLE nodes ADD COLUMN output_artifacts TEXT;
    ALTER TABLE runs ADD COLUMN global_artifacts TEXT;

    CREATE TABLE objects (
      kind TEXT NOT NULL,
      namespace TEXT NOT NULL,
      name TEXT NOT NULL,
      manifest TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      status TEXT,
      PRIMARY KEY (kind, namespace, name)
    ) WITHOUT ROWID;
    """

  /// For people with `sqlite3`: readable times and durations.
  private static let views = """
    CREATE VIEW workflows AS
      SELECT name, namespace, phase, message,
        datetime(created_at / 1000, 'unixepoch') AS created,
        datetime(started_at / 1000, 'unixepoch') AS started,
        datetime(finished_at / 1000, 'unixepoch') AS finished,
        round((finished_at - started_at) / 1000.0, 3) AS seconds, uid
      FROM runs ORDER BY created_at;

    CREATE VIEW workflow_nodes AS
      SELECT runs.name AS workflow, nodes.name AS node, nodes.type, nodes.template, nodes.phase, nodes.message,
        datetime(nodes.started_at / 1000, 'unixepoch') AS started,
        round((nodes.finished_at - nodes.started_at) / 1000.0, 3) AS seconds,
        nodes.exit_code, nodes.done, nodes.total, nodes.result, nodes.output_parameters, nodes.id
      FROM nodes JOIN runs ON runs.uid = nodes.run ORDER BY runs.created_at, nodes.number;
    """
}
