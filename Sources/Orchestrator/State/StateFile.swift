import Foundation
import GRDB
import WorkflowCore

/// The one file that knows every run: an SQLite database, written by one engine at a time and readable by anyone, also
/// while an engine writes.
///
/// A commit that has returned survives a crash of the process and a power cut (`synchronous = FULL`).
public final class StateFile: Sendable {
  public let path: String
  let pool: DatabasePool

  /// Opens the file, creating it (and its folder) when it is not there.
  /// - Throws: `StateError` when it cannot be opened or belongs to a newer program.
  public convenience init(creatingIfMissing path: String) throws(StateError) {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw .failed(path: path, reason: "cannot make the folder \(folder): \(error.localizedDescription)")
    }
    try self.init(path)
  }

  /// Opens a file that must exist.
  public convenience init(existing path: String) throws(StateError) {
    guard FileManager.default.fileExists(atPath: path) else { throw .missing(path: path) }
    try self.init(path)
  }

  private init(_ path: String) throws(StateError) {
    self.path = path
    var configuration = Configuration()
    configuration.busyMode = .timeout(30)
    do {
      pool = try Self.alone(in: path) {
        let pool = try DatabasePool(path: path, configuration: configuration)
        try Self.prepare(pool)
        return pool
      }
    } catch let error as StateError {
      throw error
    } catch {
      throw .unreadable(path: path, reason: describe(error))
    }
  }

  /// Opens with no other process opening a file in the same folder: two that make the same tables would fail.
  private static func alone<Result>(in path: String, _ body: () throws -> Result) throws -> Result {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0, flock(descriptor, LOCK_EX) == 0 else {
      throw StateError.unreadable(path: path, reason: "cannot lock \(folder): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    return try body()
  }

  private static func prepare(_ pool: DatabasePool) throws {
    guard try !pool.read(Schema.migrator.hasBeenSuperseded) else {
      throw StateError.unreadable(path: pool.path, reason: "it was written by a newer version of orchestrate")
    }
    if try !pool.read(Schema.migrator.hasCompletedMigrations) { try Schema.migrator.migrate(pool) }
    // GRDB sets NORMAL when it switches to WAL, after any prepareDatabase hook; with that a power cut could take back
    // commits that were acknowledged.
    try pool.writeWithoutTransaction { database in
      try database.execute(sql: "PRAGMA synchronous = FULL")
      let level = try Int.fetchOne(database, sql: "PRAGMA synchronous")
      guard level == 2 else {
        throw StateError.failed(path: pool.path, reason: "synchronous is \(level ?? -1), not FULL")
      }
    }
  }

  func read<Result>(_ query: (Database) throws -> Result) throws(StateError) -> Result {
    do {
      return try pool.read(query)
    } catch let error as StateError {
      throw error
    } catch {
      throw .failed(path: path, reason: describe(error))
    }
  }

  func write<Result>(_ change: (Database) throws -> Result) throws(StateError) -> Result {
    do {
      let result = try pool.write(change)
      announce()
      return result
    } catch let error as StateError {
      throw error
    } catch {
      throw .failed(path: path, reason: describe(error))
    }
  }
}

/// What went wrong, without the values that were bound: they may be secret.
func describe(_ error: any Error) -> String {
  switch error {
  case let error as DatabaseError: error.message ?? error.resultCode.description
  case let error as DamagedRow: "\(error.reason): it is damaged, or was written by a newer version of orchestrate"
  default: error.localizedDescription
  }
}

// MARK: One engine at a time

/// The right to write: every commit checks that nobody has taken it since.
public struct Epoch: Hashable, Sendable {
  public let number: Int64
}

extension StateFile {
  /// Takes the file over from whoever had it. Their next commit fails with `superseded`.
  public func claim(at now: Timestamp) throws(StateError) -> Epoch {
    try write { database in
      let sql = "UPDATE engine SET epoch = epoch + 1, pid = ?, claimed_at = ? RETURNING epoch"
      let number = try Int64.fetchOne(
        database, sql: sql, arguments: [ProcessInfo.processInfo.processIdentifier, now.milliseconds])
      return Epoch(number: number ?? 0)
    }
  }

  /// A lock file beside the state file, held while an engine drives it.
  public var lockPath: String { path + ".lock" }
}
