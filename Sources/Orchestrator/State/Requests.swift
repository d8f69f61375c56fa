import GRDB
import WorkflowCore

/// A request as it waits for an engine.
public struct StoredRequest: Hashable, Sendable {
  public let sequence: Int64
  public let run: String
  /// Nil when it was written by a newer program.
  public let request: RunRequest?
}

/// What became of a request.
public enum RequestAnswer: Hashable, Sendable {
  /// No engine has taken it up.
  case open
  case done
  /// Nothing was changed, and why.
  case refused(String)
}

extension StateFile {
  /// Keeps a request until an engine has carried it out. Asking again for what is still open adds nothing.
  /// - Returns: its number, to ask for the answer by.
  public func add(_ request: RunRequest, to uid: String, at now: Timestamp) throws(StateError) -> Int64 {
    let text = request.value.jsonText()
    let sequence = try write { database in
      try database.execute(
        sql: """
          INSERT INTO requests (run, at, request) VALUES (?, ?, ?)
          ON CONFLICT (run, request) WHERE done_at IS NULL DO NOTHING
          """, arguments: [uid, now.milliseconds, text])
      return try Int64.fetchOne(
        database, sql: "SELECT sequence FROM requests WHERE run = ? AND request = ? AND done_at IS NULL",
        arguments: [uid, text])
    }
    wakeEngine()
    return sequence ?? 0
  }

  /// What is still to be carried out, in the order it was asked for.
  public func openRequests() throws(StateError) -> [StoredRequest] {
    try read { database in
      try Row.fetchAll(
        database, sql: "SELECT sequence, run, request FROM requests WHERE done_at IS NULL ORDER BY sequence"
      ).map { row in
        StoredRequest(
          sequence: try row.value("sequence"), run: try row.value("run"), request: RunRequest(try row.json("request")))
      }
    }
  }

  /// A request of a run that is no more was a deletion, and is done.
  public func answer(to sequence: Int64) throws(StateError) -> RequestAnswer {
    try read { database in
      let row = try Row.fetchOne(
        database, sql: "SELECT done_at, answer FROM requests WHERE sequence = ?", arguments: [sequence])
      guard let row else { return .done }
      guard try row.timestamp("done_at") != nil else { return .open }
      return try row.value("answer", as: String?.self).map { .refused($0) } ?? .done
    }
  }
}

/// An answer as a turn records it; nil says that the request was carried out.
public struct RequestRecord: Hashable, Sendable {
  public let sequence: Int64
  public let refusal: String?

  public init(sequence: Int64, refusal: String?) {
    self.sequence = sequence
    self.refusal = refusal
  }
}

extension StateFile {
  func answer(_ record: RequestRecord, at now: Timestamp, _ database: Database) throws {
    try database.cachedStatement(sql: "UPDATE requests SET done_at = ?, answer = ? WHERE sequence = ?")
      .execute(arguments: [now.milliseconds, record.refusal, record.sequence])
  }

  /// Writes a run anew, every node of it.
  func replace(_ run: RunState, _ database: Database) throws {
    try database.execute(
      sql: "UPDATE runs SET parameters = ? WHERE uid = ?",
      arguments: [ParameterText.encode(run.parameters), run.uid])
    try update(run.uid, run.record, database)
    try database.execute(sql: "DELETE FROM nodes WHERE run = ?", arguments: [run.uid])
    for node in run.nodes { try NodeRow.upsert(node, run: run.uid, database) }
  }

  func delete(_ uid: String, _ database: Database) throws {
    try database.execute(sql: "DELETE FROM runs WHERE uid = ?", arguments: [uid])
  }
}
