import GRDB
import WorkflowCore

/// A run as it is kept: enough to bring its state back once its manifest has been read again.
public struct StoredRun: Sendable {
  public let uid: String
  public let name: String
  public let namespace: String
  public let manifest: Value
  public let parameters: [ParameterValue]
  public let createdAt: Timestamp
  /// The directory it was submitted from.
  public let directory: String
  public let record: RunRecord
  public let nodes: [Node]
}

/// One line of `orchestrate list`.
public struct RunSummary: Hashable, Sendable {
  public let uid: String
  public let name: String
  public let namespace: String
  public let phase: RunPhase
  public let message: String?
  public let createdAt: Timestamp
  public let startedAt: Timestamp?
  public let finishedAt: Timestamp?
  /// Leaf nodes that have ended, and all that are known.
  public let progress: Progress
}

extension StateFile {
  /// Admits a run: from here on it survives anything.
  /// - Throws: `nameTaken` when the namespace has a run of that name.
  public func insert(_ run: RunState) throws(StateError) {
    try write { database in
      let taken = try Bool.fetchOne(
        database, sql: "SELECT EXISTS (SELECT 1 FROM runs WHERE namespace = ? AND name = ?)",
        arguments: [run.namespace, run.name])
      guard taken == false else { throw StateError.nameTaken(run.name) }
      try database.execute(
        sql: """
          INSERT INTO runs (uid, name, namespace, phase, created_at, manifest, parameters, directory)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          run.uid, run.name, run.namespace, run.phase.rawValue, run.createdAt.milliseconds,
          run.workflow.manifest.jsonText(), ParameterText.encode(run.parameters), run.directory,
        ])
    }
  }

  /// Every run that still has something to do, oldest first.
  public func unfinishedRuns() throws(StateError) -> [StoredRun] {
    try read { database in
      let sql = """
        SELECT * FROM runs
        WHERE phase IN ('Pending', 'Running')
          OR EXISTS (SELECT 1 FROM nodes WHERE run = uid AND attempt IS NOT NULL AND attempt != 'ended')
        ORDER BY created_at, uid
        """
      return try Row.fetchAll(database, sql: sql).map { try storedRun($0, database) }
    }
  }

  /// The run called `name`, or nil. `@latest` is the newest.
  public func run(named name: String) throws(StateError) -> StoredRun? {
    try read { database in
      let row =
        name == "@latest"
        ? try Row.fetchOne(database, sql: "SELECT * FROM runs ORDER BY created_at DESC, uid DESC LIMIT 1")
        : try Row.fetchOne(database, sql: "SELECT * FROM runs WHERE name = ? OR uid = ?", arguments: [name, name])
      return try row.map { try storedRun($0, database) }
    }
  }

  public func runNames() throws(StateError) -> [String] {
    try read { try String.fetchAll($0, sql: "SELECT name FROM runs ORDER BY created_at DESC") }
  }

  /// Every run, newest first.
  public func summaries() throws(StateError) -> [RunSummary] {
    try read { database in
      let sql = """
        SELECT runs.*, count(nodes.number) AS leaves, count(nodes.finished_at) AS ended
        FROM runs LEFT JOIN nodes ON nodes.run = runs.uid AND nodes.type = 'Pod'
        GROUP BY runs.uid ORDER BY runs.created_at DESC, runs.uid
        """
      return try Row.fetchAll(database, sql: sql).map(summary)
    }
  }

  private func summary(_ row: Row) throws -> RunSummary {
    RunSummary(
      uid: row["uid"], name: row["name"], namespace: row["namespace"], phase: try parse(row["phase"]),
      message: row["message"], createdAt: Timestamp(milliseconds: row["created_at"]),
      startedAt: timestamp(row["started_at"]), finishedAt: timestamp(row["finished_at"]),
      progress: Progress(done: row["ended"], total: row["leaves"]))
  }

  private func storedRun(_ row: Row, _ database: Database) throws -> StoredRun {
    let uid: String = row["uid"]
    let record = RunRecord(
      phase: try parse(row["phase"]), message: row["message"], startedAt: timestamp(row["started_at"]),
      finishedAt: timestamp(row["finished_at"]), shutdown: try (row["shutdown"] as String?).map { try parse($0) },
      globalOutputs: try ParameterText.decode(row["global_outputs"]))
    return StoredRun(
      uid: uid, name: row["name"], namespace: row["namespace"], manifest: try Value(json: row["manifest"]),
      parameters: try ParameterText.decode(row["parameters"]), createdAt: Timestamp(milliseconds: row["created_at"]),
      directory: row["directory"], record: record, nodes: try NodeRow.fetchAll(database, run: uid))
  }
}
