import GRDB
import WorkflowCore

/// Everything one turn of the engine changed; it is written whole or not at all.
public struct Batch: Sendable {
  public let epoch: Epoch
  public let at: Timestamp
  public var runs: [(uid: String, record: RunRecord)] = []
  public var nodes: [(run: String, node: Node)] = []
  public var journal: [JournalEntry] = []
  /// Requests that were carried out, or refused.
  public var answers: [RequestRecord] = []
  /// Runs that are written anew, every node of them.
  public var replaced: [RunState] = []
  /// Runs that are to be forgotten.
  public var deleted: [String] = []

  public init(epoch: Epoch, at: Timestamp) {
    self.epoch = epoch
    self.at = at
  }

  public var isEmpty: Bool {
    runs.isEmpty && nodes.isEmpty && journal.isEmpty && answers.isEmpty && replaced.isEmpty && deleted.isEmpty
  }
}

/// What happened to a run, for people and for post-mortems; the rows are the truth.
public struct JournalEntry: Hashable, Sendable {
  public let run: String
  public let event: Value
  public let note: String?

  public init(run: String, event: Value, note: String?) {
    self.run = run
    self.event = event
    self.note = note
  }
}

extension StateFile {
  /// Writes a turn. When it returns, the turn survives anything.
  /// - Throws: `superseded` when another engine has claimed the file; nothing is written then.
  public func commit(_ batch: Batch) throws(StateError) {
    try write { database in
      let epoch = try Int64.fetchOne(database, sql: "SELECT epoch FROM engine")
      guard epoch == batch.epoch.number else { throw StateError.superseded }
      for run in batch.replaced { try replace(run, database) }
      for run in batch.runs { try update(run.uid, run.record, database) }
      for entry in batch.nodes { try NodeRow.upsert(entry.node, run: entry.run, database) }
      for entry in batch.journal { try append(entry, at: batch.at, database) }
      for record in batch.answers { try answer(record, at: batch.at, database) }
      for uid in batch.deleted { try delete(uid, database) }
    }
  }

  func update(_ uid: String, _ record: RunRecord, _ database: Database) throws {
    let statement = try database.cachedStatement(
      sql: """
        UPDATE runs SET phase = ?, message = ?, started_at = ?, finished_at = ?, shutdown = ?, suspended_at = ?,
          global_outputs = ?, global_artifacts = ?
        WHERE uid = ?
        """)
    try statement.execute(arguments: [
      record.phase.rawValue, record.message, record.startedAt?.milliseconds, record.finishedAt?.milliseconds,
      record.shutdown?.rawValue, record.suspendedAt?.milliseconds, ParameterText.encode(record.globalOutputs),
      ArtifactText.encode(record.globalArtifacts), uid,
    ])
  }

  private func append(_ entry: JournalEntry, at now: Timestamp, _ database: Database) throws {
    let statement = try database.cachedStatement(sql: "INSERT INTO journal (run, at, event, note) VALUES (?, ?, ?, ?)")
    try statement.execute(arguments: [entry.run, now.milliseconds, entry.event.jsonText(), entry.note])
  }
}
