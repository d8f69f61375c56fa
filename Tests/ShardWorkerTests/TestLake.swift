import CTorch
import Foundation
import RunFiles
import Storage
import Testing

@testable import ShardWorker

/// A small dataset, a model over it, and a run directory, all made by the test that uses them.
///
/// The model is TorchScript: logit = 0.5 * x - 0.25 * y + 0.1 * kind, with `kind` looked up in a
/// vocabulary. Rows have ids `id-0`, `id-1`, ... over all files.
final class TestLake: Sendable {
  static let vocabulary = ["a", "b", "c"]

  /// One row of the input.
  struct Row: Equatable {
    var id: String?
    var x: Double?
    var y: Float?
    var kind: String?
  }

  static let linear = """
    def forward(self, numbers: Tensor, kinds: Tensor) -> Tensor:
        weights = torch.tensor([[0.5], [-0.25]])
        return torch.matmul(numbers, weights) + 0.1 * kinds
    """

  let root: String

  init() {
    root = NSTemporaryDirectory() + "/shard-worker-" + UUID().uuidString
    try? FileManager.default.createDirectory(
      atPath: "\(root)/input/date=2013-07-04", withIntermediateDirectories: true)
    try? FileManager.default.createDirectory(
      atPath: "\(root)/model", withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: root)
  }

  var input: String { "\(root)/input/date=2013-07-04" }
  var model: String { "\(root)/model" }
  func run(_ name: String = "run") -> RunDirectory { RunDirectory("\(root)/\(name)") }

  // MARK: Input

  /// Rows whose values differ, without nulls.
  static func rows(_ range: Range<Int>) -> [Row] {
    range.map { number in
      Row(
        id: "id-\(number)", x: Double(number % 97) / 7, y: Float(number % 31),
        kind: ["a", "b", "c", "other"][number % 4])
    }
  }

  /// Writes a file of the input.
  @discardableResult
  func write(_ rows: [Row], _ name: String = "part-0.parquet", rowGroupRows: Int = 100) throws
    -> String
  {
    let columns = [
      Column("id", texts: rows.map(\.id)),
      Column("x", optional: rows.map(\.x)),
      Column("y", optional: rows.map(\.y)),
      Column("kind", texts: rows.map(\.kind)),
    ]
    return try write(columns: columns, name, rowGroupRows: rowGroupRows)
  }

  /// Writes a file of the input with columns of its own.
  @discardableResult
  func write(columns: [Column], _ name: String = "part-0.parquet", rowGroupRows: Int = 100) throws -> String {
    let path = "\(input)/\(name)"
    try FileManager.default.createDirectory(
      at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
    let table = try RecordBatch(columns)
    let options = ParquetWriter.Options(rowGroupRows: rowGroupRows, dictionaryColumns: ["kind"])
    let writer = try ParquetWriter(path: path, fields: table.fields, options: options)
    try writer.write(table)
    try writer.finish()
    return path
  }

  // MARK: Model

  /// Writes the weights and `model.json`.
  @discardableResult
  func writeModel(
    _ source: String = TestLake.linear, in folder: String? = nil,
    edit: (inout ModelDescription) -> Void = { _ in }
  ) throws -> ModelDescription {
    let folder = folder ?? model
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var error = ctorch_error()
    guard ctorch_script_save(source, "\(folder)/model.pt", &error) == 0 else {
      throw TorchFailure(error)
    }
    var description = Self.description
    description.files[0].sha256 = try FileDigest.sha256(ofFile: "\(folder)/model.pt")
    edit(&description)
    try description.write(to: "\(folder)/model.json")
    return description
  }

  static var description: ModelDescription {
    ModelDescription(
      name: "linear", version: "v1", schemaVersion: 1, torch: "2.13.0+cpu", idColumn: "id",
      files: [
        ModelDescription.File(kind: .torchscript, path: "model.pt", sha256: "", device: "any")
      ],
      inputs: [
        ModelDescription.Input(
          name: "numbers", dtype: .float32,
          features: [
            ModelDescription.Feature(column: "x", encoding: .standardize, mean: 6, std: 4),
            ModelDescription.Feature(column: "y", encoding: .identity),
          ]),
        ModelDescription.Input(
          name: "kinds", dtype: .int64,
          features: [
            ModelDescription.Feature(
              column: "kind", encoding: .vocabulary, vocabulary: vocabulary.map { .text($0) },
              onNull: .unknown)
          ]),
      ],
      outputs: [
        ModelDescription.Output(column: "score", type: .float32, from: 0, transform: .sigmoid),
        ModelDescription.Output(
          column: "late", type: .int32, from: 0, transform: .threshold, threshold: 0.5),
      ])
  }

  /// The score of a row, computed without the worker's code.
  static func score(_ row: Row) -> Double {
    let kind = row.kind.flatMap { vocabulary.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
    let x = ((row.x ?? 0) - 6) / 4
    let logit = 0.5 * x - 0.25 * Double(row.y ?? 0) + 0.1 * Double(kind)
    return 1 / (1 + exp(-logit))
  }

  // MARK: Running

  /// Makes the plan of a run.
  @discardableResult
  func plan(
    shards: Int = 1, run: String = "run", models: [String]? = nil, condition: String? = nil,
    hashesFiles: Bool = false
  ) throws -> Plan {
    let plan = try Planner.plan(
      input: input, models: models ?? [model], shards: shards, labels: [:], condition: condition,
      hashesFiles: hashesFiles)
    try DurableFile.makeDirectory(self.run(run).root)
    try plan.write(to: self.run(run).plan)
    return plan
  }

  /// Runs a shard in this process, with batches of 64 rows unless `edit` changes that.
  @discardableResult
  func runShard(
    _ shard: Int = 0, run: String = "run", notices: Notices = Notices(),
    edit: (inout ShardRun.Options) -> Void = { _ in }
  ) throws -> ShardRun.Outcome {
    var options = ShardRun.Options(directory: self.run(run), shard: shard, attempt: "test")
    options.batchSize = .rows(64)
    edit(&options)
    return try ShardRun(options: options, notice: notices.add).run()
  }

  /// The scores of a run's receipts, in order.
  func output(shards: Int = 1, run: String = "run") throws -> [(id: String, score: Float)] {
    try (0..<shards).flatMap { shard in
      try Receipt(readingFrom: self.run(run).receipt(shard)).parts.flatMap { part in
        try rows(ofPart: self.run(run).absolute(part.path))
      }
    }
  }

  /// The numbers of a column of a run's parts, in order.
  func column(_ name: String, run: String = "run") throws -> [Double] {
    try batches(["id", name], run: run).flatMap { batch in
      let column = try #require(batch[name])
      return [Double](unsafeUninitializedCapacity: column.rows) { buffer, count in
        _ = column.copyNumbers(to: UnsafeMutableBufferPointer(rebasing: buffer[..<column.rows]))
        count = column.rows
      }
    }
  }

  /// Some columns of a shard's parts, in order.
  func batches(_ columns: [String], run: String = "run") throws -> [RecordBatch] {
    var batches: [RecordBatch] = []
    for part in try Receipt(readingFrom: self.run(run).receipt(0)).parts {
      let reader = try ParquetReader(path: self.run(run).absolute(part.path))
      for group in reader.rowGroups.indices {
        let scan = try reader.scan(rowGroup: group, columns: columns, batchRows: 1 << 20)
        while let batch = try scan.next() { batches.append(batch) }
      }
    }
    return batches
  }

  private func rows(ofPart path: String) throws -> [(id: String, score: Float)] {
    let reader = try ParquetReader(path: path)
    var rows: [(id: String, score: Float)] = []
    for group in reader.rowGroups.indices {
      let scan = try reader.scan(rowGroup: group, columns: ["id", "score"], batchRows: 1 << 20)
      while let batch = try scan.next() {
        let scores = batch["score"]?.withValues(as: Float.self) { $0.map(Array.init) ?? [] } ?? []
        rows += scores.enumerated().map { (batch["id"]?.text($0) ?? "", $1) }
      }
    }
    return rows
  }
}

/// What a run told its user.
final class Notices: @unchecked Sendable {
  private(set) var lines: [String] = []

  func add(_ line: String) {
    lines.append(line)
  }
}
