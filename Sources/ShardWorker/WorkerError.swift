import RunFiles
import Storage

/// Why a shard worker stopped.
enum WorkerError: ReportableError, Equatable {
  case usage(String, hint: String?)

  // The input
  case inputMissing(root: String)
  case noParquetFiles(root: String)
  case noRows(root: String)
  case nothingMatches(root: String, condition: String)
  /// What `--on-drift stop` stops for.
  case drift(reason: String)
  case inputChanged(path: String, what: String)
  case missingColumn(path: String, column: String, purpose: String)
  case wrongColumnType(path: String, column: String, found: String, purpose: String, needed: String)
  case badRow(BadRow)
  case tooManyBadRows(limit: Int, last: BadRow)
  case storage(StorageError)

  // The plan
  case unknownShard(Int, count: Int, path: String)

  // The model
  case modelDescription(path: String, reason: String)
  case modelChanged(path: String, expected: String, found: String)
  case modelMissing(path: String)
  case torchVersion(path: String, built: String, runs: String)
  case cpuCapability(path: String, needed: String, has: String)
  case noModelFile(path: String, wanted: String)
  case modelFailed(path: String, reason: String)
  case outOfMemory(reason: String, batchRows: Int)

  case file(RunFileError)
  case device(reason: String)
  case transient(reason: String)
  case software(reason: String)
  /// SIGTERM came; `rows` of `total` are safe.
  case preempted(rows: Int, total: Int)

  var exitStatus: ExitStatus {
    switch self {
    case .usage: .usage
    case .inputMissing, .noParquetFiles, .noRows, .nothingMatches: .noInput
    case .inputChanged, .missingColumn, .wrongColumnType, .badRow, .tooManyBadRows: .data
    case .unknownShard, .drift: .data
    case .storage(let error): Self.exitStatus(of: error.category)
    case .modelDescription, .modelChanged, .modelMissing, .torchVersion: .model
    case .cpuCapability, .noModelFile, .modelFailed: .model
    case .outOfMemory: .outOfMemory
    case .file(let error): error.exitStatus
    case .device, .transient: .transient
    case .software: .software
    case .preempted: .preempted
    }
  }

  private static func exitStatus(of category: StorageError.Category) -> ExitStatus {
    switch category {
    case .data: .data
    case .missing: .noInput
    case .outOfMemory: .outOfMemory
    case .transient: .transient
    case .fatal: .software
    }
  }

  var message: String {
    switch self {
    case .usage(let reason, _), .device(let reason), .transient(let reason): reason
    case .software(let reason): "\(reason); this is a fault of ShardWorker"
    case .inputMissing(let root): "the input directory \(root) does not exist"
    case .noParquetFiles(let root): "there is no Parquet file below \(root)"
    case .noRows(let root): "the Parquet files below \(root) hold no rows"
    case .nothingMatches(let root, let condition):
      "no row group below \(root) can hold rows with \(condition)"
    case .drift(let reason): reason
    case .inputChanged(let path, let what): "\(path) has changed since the plan was made: \(what)"
    case .missingColumn(let path, let column, let purpose):
      "\(path) has no column `\(column)`, which is \(purpose)"
    case .wrongColumnType(let path, let column, let found, let purpose, let needed):
      "\(path): column `\(column)` is \(found); as \(purpose) it must be \(needed)"
    case .badRow(let row): row.description
    case .tooManyBadRows(let limit, let last):
      "more than \(limit) bad rows (--max-bad-rows); the last one: \(last)"
    case .storage(let error): error.message
    case .file(let error): error.message
    case .unknownShard(let shard, let count, let path):
      "\(path) has no shard \(shard); it has \(count), from 0 to \(count - 1)"
    case .preempted(let rows, let total):
      "ended by SIGTERM; \(rows) of \(total) rows are safe, the next attempt goes on from there"
    default: modelMessage
    }
  }

  private var modelMessage: String {
    switch self {
    case .modelDescription(let path, let reason): "\(path): \(reason)"
    case .modelChanged(let path, let expected, let found):
      "\(path) is not the file that was recorded: its SHA-256 is \(found), expected \(expected)"
    case .modelMissing(let path): "the model file \(path) does not exist"
    case .torchVersion(let path, let built, let runs):
      "\(path) was compiled for torch \(built), this worker runs torch \(runs)"
    case .cpuCapability(let path, let needed, let has):
      "\(path) was compiled for \(needed), this machine has \(has)"
    case .noModelFile(let path, let wanted): "\(path) names no \(wanted)"
    case .modelFailed(let path, let reason): "\(path): \(reason)"
    case .outOfMemory(let reason, let rows):
      "memory ran out even for a batch of \(rows) row\(rows == 1 ? "" : "s"): \(reason)"
    default: ""
    }
  }

  var hint: String? {
    switch self {
    case .usage(_, let hint): hint
    case .inputChanged: "run `ShardWorker plan` again"
    case .inputMissing, .noParquetFiles, .noRows: "check the date and --input; nothing was written"
    case .badRow(let row): row.hint
    case .tooManyBadRows: "raise --max-bad-rows, or mend the input"
    case .nothingMatches: "check --where; nothing was written"
    case .drift: "look at the input and the model, then raise the limit or make a new --baseline"
    case .modelChanged: "restore the file, or export the model again and make a new plan"
    case .torchVersion, .cpuCapability: "export it on such a machine with this torch, or use --model-file pt"
    case .file(let error): error.hint
    default: nil
    }
  }
}

/// A row that cannot be scored, and why.
struct BadRow: Error, Equatable, CustomStringConvertible {
  let file: String
  let rowGroup: Int
  /// From the start of the row group.
  let row: Int
  let id: String?
  let column: String
  let reason: String

  var description: String {
    let name = id.map { " (id \($0))" } ?? ""
    return "\(file): row group \(rowGroup), row \(row)\(name), column `\(column)`: \(reason)"
  }

  var hint: String {
    "mend the input, or set another `on_null` or `on_nan` for the column in model.json"
  }
}

/// Runs what throws one of the shared modules' errors, and gives it as the worker's.
func reportingFiles<Result>(
  _ body: () throws(RunFileError) -> Result
) throws(WorkerError) -> Result {
  do throws(RunFileError) { return try body() } catch { throw .file(error) }
}

func reportingStorage<Result>(
  _ body: () throws(StorageError) -> Result
) throws(WorkerError) -> Result {
  do throws(StorageError) { return try body() } catch { throw .storage(error) }
}
