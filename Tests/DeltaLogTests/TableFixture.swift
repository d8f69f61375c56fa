import Foundation
import RunFiles

@testable import DeltaLog

/// A table in a directory of its own, which goes away with it.
final class TableFixture: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "/delta-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var table: DeltaTable { table(over: LocalLogStore(table: path)) }

  func table(over store: any LogStore) -> DeltaTable {
    DeltaTable(store: store, now: { 1_372_896_000_000 })
  }

  /// Makes version 0: an empty table, partitioned by `date`.
  @discardableResult
  func create(configuration: [String: String] = [:], schema: TableSchema = .scores) throws -> Snapshot {
    let actions = table.creation(schema: schema, partitionColumns: ["date"]).map { action in
      guard case .metaData(var metadata) = action else { return action }
      metadata.configuration = configuration
      return .metaData(metadata)
    }
    _ = try table.commit(CommitProposal(operation: "CREATE TABLE", actions: actions), on: nil)
    return try latest()
  }

  func latest() throws -> Snapshot {
    guard let snapshot = try table.snapshot() else { throw Missing() }
    return snapshot
  }

  /// Writes a log entry as another program would have.
  func write(version: Int, _ lines: String...) throws {
    let directory = path + "/_delta_log"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let text = lines.joined(separator: "\n") + "\n"
    try text.write(
      toFile: "\(directory)/\(LogListing.commitName(version))", atomically: false, encoding: .utf8)
  }

  func logNames() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path + "/_delta_log").sorted()
  }

  struct Missing: Error {}
}

extension TableSchema {
  static let scores = TableSchema([
    Field("id", .string), Field("score", .float), Field("date", .date),
  ])
}

extension Action {
  static func file(_ path: String, date: String = "2013-07-04", rows: Int = 1) -> Action {
    .add(
      AddedFile(
        path: path, partitionValues: ["date": date], size: 10, modificationTime: 0,
        stats: #"{"numRecords":\#(rows)}"#))
  }

  static func transaction(_ appId: String, _ version: Int) -> Action {
    .txn(AppTransaction(appId: appId, version: version, lastUpdated: nil))
  }
}

extension CommitProposal {
  init(_ actions: Action..., reading partitions: [[String: String?]] = []) {
    self.init(operation: "WRITE", actions: actions, readPartitions: partitions)
  }
}
