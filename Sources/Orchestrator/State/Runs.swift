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

/// One row of the list of runs: a run, or what is wrong with the row.
public enum ListedRun: Hashable, Sendable {
  case run(RunSummary)
  case damaged(name: String, reason: String)
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
      // A run that takes over what another one did has nodes from the start.
      guard !run.nodes.isEmpty else { return }
      try update(run.uid, run.record, database)
      for node in run.nodes { try NodeRow.upsert(node, run: run.uid, database) }
    }
    wakeEngine()
  }

  /// The UIDs of every run that still has something to do, oldest first.
  public func unfinishedRuns() throws(StateError) -> [String] {
    try read { database in
      let sql = """
        SELECT uid FROM runs
        WHERE phase NOT IN ('Succeeded', 'Failed', 'Error')
          OR EXISTS (SELECT 1 FROM nodes WHERE run = uid AND attempt IS NOT NULL AND attempt != 'ended')
        ORDER BY created_at, uid
        """
      return try String.fetchAll(database, sql: sql)
    }
  }

  /// The UIDs of the runs that have not ended, but for those in `known`: what was submitted while an engine was running.
  public func newRuns(except known: Set<String>) throws(StateError) -> [String] {
    try read { database in
      let sql = "SELECT uid FROM runs WHERE phase IN ('Pending', 'Running') ORDER BY created_at, uid"
      return try String.fetchAll(database, sql: sql).filter { !known.contains($0) }
    }
  }

  /// The run with that UID, or nil.
  public func run(uid: String) throws(StateError) -> StoredRun? {
    try read { database in
      try Row.fetchOne(database, sql: "SELECT * FROM runs WHERE uid = ?", arguments: [uid])
        .map { try storedRun($0, database) }
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
  public func listedRuns() throws(StateError) -> [ListedRun] {
    try read { database in
      let sql = """
        SELECT runs.*, count(nodes.number) AS leaves, count(nodes.finished_at) AS ended
        FROM runs LEFT JOIN nodes ON nodes.run = runs.uid AND nodes.type = 'Pod'
        GROUP BY runs.uid ORDER BY runs.created_at DESC, runs.uid
        """
      return try Row.fetchAll(database, sql: sql).map(listed)
    }
  }

  /// The rows of the list that can be read.
  public func summaries() throws(StateError) -> [RunSummary] {
    try listedRuns().compactMap { row in
      guard case .run(let summary) = row else { return nil }
      return summary
    }
  }

  /// A row that cannot be read must not hide the others.
  private func listed(_ row: Row) -> ListedRun {
    do {
      return .run(try summary(row))
    } catch {
      let name = (try? row.value("name", as: String.self)) ?? (try? row.value("uid", as: String.self)) ?? "?"
      return .damaged(name: name, reason: describe(error))
    }
  }

  private func summary(_ row: Row) throws -> RunSummary {
    RunSummary(
      uid: try row.value("uid"), name: try row.value("name"), namespace: try row.value("namespace"),
      phase: try row.word("phase"), message: try row.value("message"),
      createdAt: Timestamp(milliseconds: try row.value("created_at")), startedAt: try row.timestamp("started_at"),
      finishedAt: try row.timestamp("finished_at"),
      progress: Progress(done: try row.value("ended"), total: try row.value("leaves")))
  }

  private func storedRun(_ row: Row, _ database: Database) throws -> StoredRun {
    let uid: String = try row.value("uid")
    let record = RunRecord(
      phase: try row.word("phase"), message: try row.value("message"), startedAt: try row.timestamp("started_at"),
      finishedAt: try row.timestamp("finished_at"), shutdown: try row.optionalWord("shutdown"),
      globalOutputs: try row.parameters("global_outputs"), suspendedAt: try row.timestamp("suspended_at"),
      globalArtifacts: try row.artifacts("global_artifacts"))
    return StoredRun(
      uid: uid, name: try row.value("name"), namespace: try row.value("namespace"), manifest: try row.json("manifest"),
      parameters: try row.parameters("parameters"), createdAt: Timestamp(milliseconds: try row.value("created_at")),
      directory: try row.value("directory"), record: record, nodes: try NodeRow.fetchAll(database, run: uid))
  }
}
