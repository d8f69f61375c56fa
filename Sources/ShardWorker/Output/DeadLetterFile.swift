import Foundation
import RunFiles

/// The rows that could not be scored: one JSON object a line, with id, place, column and reason.
///
/// The file is made with its first line, so that a shard without bad rows has none.
final class DeadLetterFile {
  private let directory: RunDirectory
  private let relativePath: String
  private var file: FileHandle?
  private var digest = RunningDigest()
  private(set) var rows = 0
  private(set) var bytes = 0

  /// Goes on after what a checkpoint says of an earlier attempt's file, whose lines are copied.
  init(
    _ directory: RunDirectory, shard: Int, attempt: String, after checkpoint: Checkpoint
  ) throws(WorkerError) {
    self.directory = directory
    relativePath = directory.relativeDeadLetters(shard, attempt: attempt)
    guard let earlier = checkpoint.deadLetters.path else { return }
    let path = directory.absolute(earlier)
    guard
      let handle = FileHandle(forReadingAtPath: path),
      let lines = try? handle.read(upToCount: checkpoint.deadLetterBytes),
      FileDigest.sha256(of: lines) == checkpoint.deadLetters.sha256
    else { throw .file(.malformed(path: path, reason: "it is not as the checkpoint says")) }
    try append(lines)
    rows = checkpoint.deadLetters.rows
  }

  /// Adds a row.
  func add(_ row: BadRow) throws(WorkerError) {
    let line = JSONValue.object([
      "file": .string(row.file), "row_group": .number(String(row.rowGroup)),
      "row": .number(String(row.row)), "id": row.id.map { .string($0) } ?? .null,
      "column": .string(row.column), "reason": .string(row.reason),
    ])
    try append(Data((line.canonicalText + "\n").utf8))
    rows += 1
  }

  /// Makes sure that all lines are on disk, and describes the file up to here.
  func sync() throws(WorkerError) -> DeadLetters {
    guard let file else { return .none }
    do {
      try file.synchronize()
    } catch {
      throw failure("sync", error)
    }
    return DeadLetters(rows: rows, path: relativePath, sha256: digest.sha256)
  }

  private func append(_ lines: Data) throws(WorkerError) {
    do {
      try handle().write(contentsOf: lines)
    } catch {
      throw failure("write", error)
    }
    digest.update(lines)
    bytes += lines.count
  }

  private func handle() throws -> FileHandle {
    if let file { return file }
    let path = directory.absolute(relativePath)
    try Data().write(to: URL(fileURLWithPath: path))
    let opened = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    file = opened
    return opened
  }

  private func failure(_ operation: String, _ error: any Error) -> WorkerError {
    .file(
      .system(
        path: directory.absolute(relativePath), operation: operation,
        reason: error.localizedDescription))
  }
}
