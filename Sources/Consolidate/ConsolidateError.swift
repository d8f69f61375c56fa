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
  /// The batch's rows were deleted on purpose, and would come back.
  case batchDeleted(batch: String, version: Int, generation: Int)
  case noKeyColumn(name: String)
  case keyIsPartition(columns: [String])
  /// Rows of a batch that have the same key.
  case duplicateKeys(count: Int, columns: [String])
  case noPartitionColumn(name: String, columns: [String])
  case unfitForPartition(name: String, type: String)
  /// The batch breaks the thresholds it was checked against.
  case thresholdsFailed(file: String, checks: [String])
  case badThresholds(file: String, reason: String)
  case noPrice(instance: String, file: String)
  /// How an object store is reached.
  case storeSettings(String)
  case nothingToReport(String)
  case notificationsPending(count: Int, reason: String)
  case noTable(path: String)
  case system(path: String, operation: String, reason: String)
  /// Rows that went missing on the way: a fault of this program.
  case rowsLost(expected: Int, found: Int)
  case verificationFailed(count: Int)

  var exitStatus: ExitStatus {
    switch self {
    case .system, .notificationsPending: .transient
    case .noTable, .nothingToReport: .noInput
    case .storeSettings: .usage
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
    case .noKeyColumn(let name): "the parts have no column \(name), which --key names"
    case .keyIsPartition(let columns):
      "--key names nothing but partition columns: \(columns.joined(separator: ", "))"
    case .duplicateKeys(let count, let columns):
      "\(count) \(count == 1 ? "row has" : "rows have") the same \(columns.joined(separator: ", ")) as another row"
    case .noPartitionColumn(let name, let columns):
      "the parts have no column \(name) to partition by; they have \(columns.joined(separator: ", "))"
    case .unfitForPartition(let name, let type): "column \(name) has type \(type), which cannot partition a table"
    default: checkMessage
    }
  }

  private var checkMessage: String {
    switch self {
    case .thresholdsFailed(let file, let checks):
      "the batch was not merged: it fails \(checks.count) of the checks in \(file):\n  "
        + checks.joined(separator: "\n  ")
    case .badThresholds(let file, let reason): "\(file): \(reason)"
    case .noPrice(let instance, let file): "\(file) has no price of \(instance)"
    case .storeSettings(let text), .nothingToReport(let text): text
    case .notificationsPending(let count, let reason):
      "\(count) \(count == 1 ? "notification was" : "notifications were") not delivered: \(reason)"
    default: tableMessage
    }
  }

  private var tableMessage: String {
    switch self {
    case .otherContent(let batch, let version, let recorded, let found, _):
      "the table already holds batch \(batch) with other content (version \(version)): "
        + "digest \(recorded) there, \(found) here"
    case .batchDeleted(let batch, let version, _):
      "batch \(batch) was deleted from the table in version \(version)"
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
    case .batchDeleted(_, _, let generation): "`--generation \(generation)` brings it back on purpose"
    case .noKeyColumn, .keyIsPartition: "name columns of the parts that together tell rows apart"
    case .noPartitionColumn: "`--partition name=value` gives one value to the whole batch"
    case .unfitForPartition: "partition by a string, a whole number, a date or a boolean"
    case .thresholdsFailed: "nothing of the batch is visible; look at the scores, or at the thresholds"
    case .storeSettings: "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and, if needed, AWS_ENDPOINT_URL"
    case .notificationsPending: "the rows are in the table; `Consolidate notify` sends what is left"
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
