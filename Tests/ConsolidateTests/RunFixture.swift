import DeltaLog
import Foundation
import RunFiles
import Storage

@testable import Consolidate

/// A directory with a run as ShardWorker leaves it, and room for a table.
final class RunFixture: Sendable {
  let root: String

  init() throws {
    root = NSTemporaryDirectory() + "/consolidate-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  var table: String { root + "/table" }

  /// Rows `first..<first + count` of the output of a model, with a score that depends on the row alone.
  static func predictions(_ first: Int, _ count: Int, scoreOffset: Float = 0) throws -> RecordBatch {
    let rows = first..<first + count
    return try RecordBatch([
      Column("id", texts: rows.map { "row-\($0)" }),
      Column("score", rows.map { Float($0 % 97) / 97 + scoreOffset }),
      Column("late", rows.map { Int32($0 % 2) }),
    ])
  }

  /// What a run is made of.
  struct Shape {
    var name = "run"
    var labels = ["date": "2013-07-04", "model_version": "v1"]
    var schemaVersion = 1
    /// For each shard the contents of its parts.
    var shards: [[RecordBatch]]
    var rowGroupRows = 1 << 20
  }

  /// Writes plan, parts and receipts.
  @discardableResult
  func write(_ shape: Shape) throws -> RunDirectory {
    let directory = RunDirectory("\(root)/\(shape.name)")
    let plan = try Self.plan(shape)
    try DurableFile.makeDirectory(directory.root)
    try plan.write(to: directory.plan)
    for (shard, batches) in shape.shards.enumerated() {
      try DurableFile.makeDirectory(directory.shardDirectory(shard))
      let parts = try batches.enumerated().map { sequence, batch in
        try Self.part(batch, directory, directory.relativePart(shard, sequence: sequence, attempt: "0"), shape)
      }
      let fields = batches.first?.fields ?? []
      try Self.receipt(plan, shard, parts, fields).write(to: directory.receipt(shard))
    }
    return directory
  }

  /// Three shards with 1,000 rows in four parts.
  @discardableResult
  func writeThreeShards(_ name: String = "run", scoreOffset: Float = 0) throws -> RunDirectory {
    try write(
      Shape(
        name: name,
        shards: [
          [Self.predictions(0, 300, scoreOffset: scoreOffset), Self.predictions(300, 100, scoreOffset: scoreOffset)],
          [Self.predictions(400, 400, scoreOffset: scoreOffset)],
          [Self.predictions(800, 200, scoreOffset: scoreOffset)],
        ]))
  }

  func merge(_ directory: RunDirectory, _ options: Merge.Options = .init()) throws -> MergeReport {
    try Merge(run: StagedRun(directory: directory), store: LocalStore(root: table), options: options).perform()
  }

  private static func plan(_ shape: Shape) throws -> Plan {
    let rows = shape.shards.map { $0.reduce(0) { $0 + $1.rows } }
    let file = Plan.File(path: "part-0.parquet", bytes: 9, rows: rows.reduce(0, +), footerSHA256: "ff")
    return try Plan(
      run: shape.labels, input: .init(root: "features", files: [file], rows: rows.reduce(0, +)),
      model: .init(
        path: "models/flights", name: "flight-delays", version: "v1", schemaVersion: shape.schemaVersion,
        sha256: "0d"),
      shards: rows.enumerated().map { index, rows in
        Plan.Shard(index: index, rowGroups: [Plan.RowGroup(file: 0, rowGroup: index, rows: rows)])
      })
  }

  private static func part(
    _ batch: RecordBatch, _ directory: RunDirectory, _ path: String, _ shape: Shape
  ) throws -> Part {
    let full = directory.absolute(path)
    let writer = try ParquetWriter(
      path: full, fields: batch.fields, options: .init(rowGroupRows: shape.rowGroupRows))
    try writer.write(batch)
    try writer.finish()
    return Part(
      path: path, rows: batch.rows, bytes: LocalFile.size(full) ?? 0, sha256: try FileDigest.sha256(ofFile: full))
  }

  static func receipt(_ plan: Plan, _ shard: Int, _ parts: [Part], _ fields: [Field]) -> Receipt {
    let rows = parts.reduce(0) { $0 + $1.rows }
    return Receipt(
      planDigest: plan.digest, shard: shard, rowsIn: rows, rowsOut: rows, deadLetters: .none, parts: parts,
      schema: fields.map { OutputField(name: $0.name, type: $0.type.name, nullable: $0.nullable) },
      model: .init(name: "flight-delays", version: "v1", sha256: "ab", kind: "aotinductor"), batchRows: 512,
      threads: 1, attempt: "0",
      seconds: .init(total: 2, start: 0.1, read: 0.2, assemble: 0.1, infer: 1, write: 0.3), cpuSeconds: 1.5,
      maxRSSBytes: 1 << 28, startedAt: "2013-07-05T02:00:00.250Z",
      finishedAt: "2013-07-05T02:00:1\(shard).750Z")
  }
}

/// Reads a table's rows back.
struct TableRows {
  /// Ids in the order of the files and their rows.
  private(set) var ids: [String] = []
  private(set) var scores: [Float] = []

  init(_ table: String, at version: Int? = nil) throws {
    guard let snapshot = try DeltaTable(store: LocalLogStore(table: table)).snapshot(at: version) else { return }
    for file in snapshot.files { try read("\(table)/\(PercentEncoding.decode(file.path))") }
  }

  private mutating func read(_ path: String) throws {
    let reader = try ParquetReader(path: path)
    for group in reader.rowGroups.indices {
      let scan = try reader.scan(rowGroup: group, columns: ["id", "score"], batchRows: 1 << 16)
      while let batch = try scan.next() {
        ids += (0..<batch.rows).compactMap { batch["id"]?.text($0) }
        batch["score"]?.withValues(as: Float.self) { scores += Array($0 ?? .init(start: nil, count: 0)) }
      }
    }
  }

  static let thousand = (0..<1000).map { "row-\($0)" }
}
