import RunFiles
import Storage

/// Why a run cannot become part of a table. Every case names the shard and the file, or the column.
enum ConsolidateError: ReportableError, Equatable {
  case receiptMissing(shard: Int, path: String)
  case receiptOfOtherPlan(shard: Int, path: String, expected: String, found: String)
  case receiptUnusable(shard: Int, reason: String)
  /// Two shards that differ in what has to be the same for all.
  case receiptsDiffer(shard: Int, path: String, what: String)
  case partMissing(shard: Int, path: String)
  /// A part that is not what its receipt says.
  case partChanged(shard: Int, path: String, reason: String)
  case unsupportedType(column: String, type: String)
  case partitionColumnInParts(name: String)
  case partitionColumns(table: [String], batch: [String])
  case labelMissing(name: String)
  /// The table already holds this batch with other rows.
  case otherContent(batch: String, version: Int, recorded: String, found: String, generation: Int)
  /// The table already holds this batch's rows under another schema version.
  case otherSchemaVersion(batch: String, file: String, generation: Int)
  /// Files that a replacement cannot tell from those of other batches.
  case foreignFiles(partition: String, file: String)
  case noTable(path: String)
  case system(path: String, operation: String, reason: String)
  /// Rows that went missing on the way: a fault of this program.
  case rowsLost(expected: Int, found: Int)
  case verificationFailed(count: Int)

  var exitStatus: ExitStatus {
    switch self {
    case .system: .transient
    case .noTable: .noInput
    case .rowsLost: .software
    default: .data
    }
  }

  var message: String {
    switch self {
    case .receiptMissing(let shard, let path): "shard \(shard) is not done: \(path) does not exist"
    case .receiptOfOtherPlan(let shard, let path, let expected, let found):
      "shard \(shard) was run for another plan: \(path) names plan \(found), this run's is \(expected)"
    case .receiptUnusable(let shard, let reason): "shard \(shard): \(reason)"
    case .receiptsDiffer(let shard, let path, let what):
      "shard \(shard) differs from the shards before it: \(path): \(what)"
    case .partMissing(let shard, let path): "shard \(shard): \(path) does not exist"
    case .partChanged(let shard, let path, let reason):
      "shard \(shard): \(path) is not what its receipt says: \(reason)"
    case .unsupportedType(let column, let type): "column \(column) has type \(type), which no Delta column can hold"
    case .partitionColumnInParts(let name): "the parts have a column \(name), and the table is partitioned by \(name)"
    case .partitionColumns(let table, let batch):
      "the table is partitioned by \(table.joined(separator: ", ")), the batch by \(batch.joined(separator: ", "))"
    case .labelMissing(let name): "the plan has no label \(name), and no --partition gives it"
    default: tableMessage
    }
  }

  private var tableMessage: String {
    switch self {
    case .otherContent(let batch, let version, let recorded, let found, _):
      "the table already holds batch \(batch) with other content (version \(version)): "
        + "digest \(recorded) there, \(found) here"
    case .otherSchemaVersion(let batch, let file, _):
      "the table already holds batch \(batch) under another schema version: \(file)"
    case .foreignFiles(let partition, let file):
      "partition \(partition) has files that no batch is named on, for instance \(file); "
        + "replacing a batch could take rows of another with it"
    case .noTable(let path): "\(path) is not a Delta table"
    case .system(let path, let operation, let reason): "cannot \(operation) \(path): \(reason)"
    case .rowsLost(let expected, let found): "\(expected) rows were to be merged and \(found) were written"
    case .verificationFailed(let count): "\(count) \(count == 1 ? "check" : "checks") failed"
    default: ""
    }
  }

  var hint: String? {
    switch self {
    case .receiptMissing(let shard, _): "run `ShardWorker run --shard \(shard)` to its end, then merge again"
    case .receiptOfOtherPlan(let shard, _, _, _), .partMissing(let shard, _), .partChanged(let shard, _, _),
      .receiptUnusable(let shard, _):
      "remove the shard's receipt.json and run `ShardWorker run --shard \(shard)` again"
    case .receiptsDiffer: "run all shards with the same model and version of the worker"
    case .unsupportedType:
      "supported: string, float32, float64, int32, int64, boolean, date32, timestamp[us, tz=UTC]"
    case .partitionColumnInParts: "rename the model's output column, or partition by another"
    case .partitionColumns: "give every partition column with --partition, or write to a new table"
    case .labelMissing(let name): "plan with `--label \(name)=...`, or merge with `--partition \(name)=...`"
    case .otherContent(_, _, _, _, let generation), .otherSchemaVersion(_, _, let generation):
      "use a new model version, or `--generation \(generation)` to replace what is there"
    case .foreignFiles: "partition by date and model_version, so that a partition is one batch"
    case .system: "run the command again"
    default: nil
    }
  }
}

/// An error of a library below, with its exit code.
private struct ForeignError: ReportableError {
  let exitStatus: ExitStatus
  let message: String
  var hint: String?
}

/// Gives every error its exit code and text.
func reportable(_ error: any Error) -> any ReportableError {
  switch error {
  case let error as any ReportableError: return error
  case let error as StorageError:
    let status: ExitStatus =
      switch error.category {
      case .data, .missing: .data
      case .outOfMemory: .outOfMemory
      case .transient: .transient
      case .fatal: .software
      }
    return ForeignError(exitStatus: status, message: error.message)
  default:
    return ForeignError(
      exitStatus: .software, message: "\(error)", hint: "this is a fault of Consolidate; please report it")
  }
}
