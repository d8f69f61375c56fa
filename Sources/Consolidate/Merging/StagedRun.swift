import Foundation
import RunFiles
import Storage

/// A run whose shards are all done: its plan, and what their receipts claim.
struct StagedRun: Sendable {
  /// A directory or `s3://bucket/prefix`.
  let directory: RunDirectory
  let plan: Plan
  /// In the order of the shards.
  let receipts: [Receipt]
  private let store: any TableStore

  /// A part with the shard it came from.
  struct StagedPart: Sendable {
    let shard: Int
    let part: Part
  }

  /// Reads the plan and every receipt, and checks that they belong together. Opens no part.
  init(directory: RunDirectory) throws {
    self.directory = directory
    store = try TableStores.open(directory.root)
    guard let content = try store.read(directory.relative(directory.plan)) else {
      throw RunFileError.missing(path: directory.plan)
    }
    plan = try Plan(content: content, path: directory.plan)
    receipts = try Self.receipts(of: plan, in: directory, store)
    try checkAgreement()
    // What the manifest will need, while a refusal still leaves nothing behind.
    _ = try BatchTimings(receipts, mergeSeconds: 0)
  }

  /// All parts, in the order of the input's rows.
  var parts: [StagedPart] {
    receipts.flatMap { receipt in receipt.parts.map { StagedPart(shard: receipt.shard, part: $0) } }
  }

  var rows: Int { receipts.reduce(0) { $0 + $1.rowsOut } }

  var deadLetters: Int { receipts.reduce(0) { $0 + $1.deadLetters.rows } }

  /// The columns of every part.
  var columns: [OutputField] { receipts.first?.schema ?? [] }

  private static func receipts(
    of plan: Plan, in directory: RunDirectory, _ store: any TableStore
  ) throws -> [Receipt] {
    var receipts: [Receipt] = []
    for shard in plan.shards {
      let path = directory.receipt(shard.index)
      guard let content = try store.read(directory.relative(path)) else {
        throw ConsolidateError.receiptMissing(shard: shard.index, path: path)
      }
      let receipt = try receipt(content, path, shard: shard.index)
      guard receipt.planDigest == plan.digest else {
        throw ConsolidateError.receiptOfOtherPlan(
          shard: shard.index, path: path, expected: plan.digest, found: receipt.planDigest)
      }
      guard receipt.shard == shard.index, receipt.rowsIn == shard.rows else {
        throw ConsolidateError.receiptUnusable(
          shard: shard.index,
          reason: "\(path) is of shard \(receipt.shard) with \(receipt.rowsIn) rows in; "
            + "the plan gives it \(shard.rows)")
      }
      receipts.append(receipt)
    }
    return receipts
  }

  private static func receipt(_ content: Data, _ path: String, shard: Int) throws -> Receipt {
    do throws(RunFileError) {
      return try Receipt(content: content, path: path)
    } catch {
      throw ConsolidateError.receiptUnusable(shard: shard, reason: error.message)
    }
  }

  private func checkAgreement() throws {
    guard let first = receipts.first else { return }
    for receipt in receipts {
      let path = directory.receipt(receipt.shard)
      if receipt.schema != first.schema {
        throw ConsolidateError.receiptsDiffer(shard: receipt.shard, path: path, what: "other output columns")
      }
      if receipt.model != first.model {
        throw ConsolidateError.receiptsDiffer(
          shard: receipt.shard, path: path, what: "model file \(receipt.model.sha256) instead of \(first.model.sha256)")
      }
    }
  }
}

/// A part whose bytes and columns are those of its receipt.
struct VerifiedPart: Sendable {
  let path: String
  let fields: [Field]
  let rowGroups: [ParquetReader.RowGroup]
  /// Least and greatest value of numeric columns, by the footer.
  let ranges: [String: ClosedRange<Double>]
}

extension StagedRun {
  /// Checks every part against its receipt: size, hash, rows and columns. In the order of `parts`.
  func verifyParts() throws -> [VerifiedPart] { try Parallel.map(parts) { try verify($0) } }

  private func verify(_ staged: StagedPart) throws -> VerifiedPart {
    let path = directory.absolute(staged.part.path)
    try checkBytes(staged, path)
    let reader = try open(staged, path)
    guard reader.rows == staged.part.rows else {
      throw changed(staged, path, "it has \(reader.rows) rows, not \(staged.part.rows)")
    }
    let found = reader.fields.map { OutputField(name: $0.name, type: $0.type.name, nullable: $0.nullable) }
    guard found.map(\.name) == columns.map(\.name), found.map(\.type) == columns.map(\.type) else {
      throw changed(staged, path, "its columns are \(Self.list(found)), not \(Self.list(columns))")
    }
    return VerifiedPart(
      path: path, fields: reader.fields, rowGroups: reader.rowGroups, ranges: try Self.ranges(reader))
  }

  private static func ranges(_ reader: ParquetReader) throws -> [String: ClosedRange<Double>] {
    var ranges: [String: ClosedRange<Double>] = [:]
    for field in reader.fields where BatchProfile.covers(field.type) {
      let statistics = try reader.statistics(of: field.name)
      guard let least = statistics.minimum?.number, let greatest = statistics.maximum?.number,
        least.isFinite, greatest.isFinite, least <= greatest
      else { continue }
      ranges[field.name] = least...greatest
    }
    return ranges
  }

  private func checkBytes(_ staged: StagedPart, _ path: String) throws {
    guard let bytes = try store.info(staged.part.path)?.bytes else {
      throw ConsolidateError.partMissing(shard: staged.shard, path: path)
    }
    guard bytes == staged.part.bytes else {
      throw changed(staged, path, "it has \(bytes) bytes, not \(staged.part.bytes)")
    }
    let sha256 = try ByteInput(path: path).sha256()
    guard sha256 == staged.part.sha256 else {
      throw changed(staged, path, "its SHA-256 is \(sha256), not \(staged.part.sha256)")
    }
  }

  private func open(_ staged: StagedPart, _ path: String) throws -> ParquetReader {
    do throws(StorageError) {
      return try ParquetReader(path: path)
    } catch  where error.category == .data {
      throw changed(staged, path, error.message)
    }
  }

  private func changed(_ staged: StagedPart, _ path: String, _ reason: String) -> ConsolidateError {
    .partChanged(shard: staged.shard, path: path, reason: reason)
  }

  private static func list(_ columns: [OutputField]) -> String {
    columns.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
  }
}

extension Storage.ColumnStatistics.Bound {
  fileprivate var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    case .boolean, .text: nil
    }
  }
}
