import ArgumentParser
import Foundation
import RunFiles

/// `ShardWorker run`
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Score the rows of one shard.",
    discussion: """
      Reads the shard's row groups, runs the model, and writes parts to <run-dir>/shard-<number>/. The
      receipt is written last; a shard that has one is not run again. A shard that was killed goes on
      from its checkpoint, and gives the same bytes as if nothing had happened.

      EXAMPLES
        ShardWorker run --run-dir data/runs/2013-07-04/v1 --shard 2
        SHARD_ID=2 ShardWorker run --run-dir data/runs/2013-07-04/v1 --batch-size 1024
        ShardWorker run --run-dir runs/all --shard 0 --model-file pt --max-bad-rows 100
        ShardWorker run --run-dir runs/all --shard 0 --metrics-port 9400 --log-format json
        ShardWorker run --run-dir runs/all --shard 0 --baseline drift.json --on-drift stop

      ENVIRONMENT
        SHARD_ID             the shard, when --shard is not given
        ORCHESTRATE_ATTEMPT  the attempt's name, which becomes part of file names
        ARGO_PROGRESS_FILE   a file that is kept at `rows done/rows in all`
        SHARD_WORKER_LOG     `json` or `text`, when --log-format is not given
        AWS_REGION, AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...   for s3:// inputs

      EXIT CODES
        0 done; 64 usage; 65 bad data; 66 no plan or input; 67 model; 69 out of memory; 70 a fault of
        ours; 75 may pass, try again; 143 ended by SIGTERM after a checkpoint
      """)

  /// A positive number of rows, or `auto`.
  struct BatchSize: ExpressibleByArgument, Equatable {
    let value: ShardRun.Options.BatchSize

    init?(argument: String) {
      if argument == "auto" {
        value = .auto
      } else {
        guard let rows = Int(argument), rows > 0 else { return nil }
        value = .rows(rows)
      }
    }

    init(_ value: ShardRun.Options.BatchSize) {
      self.value = value
    }

    var defaultValueDescription: String { "auto" }
  }

  @OptionGroup(title: "Messages") var log: LogOptions

  @Option(help: ArgumentHelp("The directory that holds plan.json.", valueName: "dir"))
  var runDir: String

  @Option(help: "The shard's number (default: $SHARD_ID).")
  var shard: Int?

  @Option(help: "Rows a batch, or `auto`: the size with the most rows a second.")
  var batchSize = BatchSize(.auto)

  @Option(help: "Which weights: `pt2` (AOTInductor), `pt` (TorchScript), or `auto`: pt2 if it fits.")
  var modelFile = ModelDirectory.Choice.auto

  @Option(help: "Threads of the model. More may change the last bits of a score.")
  var threads = 1

  @Option(help: "Batches that the model runs side by side (default: the processors at hand).")
  var workers: Int?

  @Option(help: "Input that may be read ahead of the model, in MiB.")
  var queueMemory = 64

  @Option(help: "Rows that may go to the dead-letter file. With 0, the first bad row fails the shard.")
  var maxBadRows = 0

  @Option(help: "Input rows a part; a checkpoint follows each (default: by --checkpoint-seconds).")
  var checkpointRows: Int?

  @Option(help: "Seconds of work that a kill may cost, about; row groups are never split.")
  var checkpointSeconds = 5.0

  @OptionGroup(title: "Device") var device: DeviceOptions

  @Option(help: ArgumentHelp("Keep batch sizes that `auto` finds here.", valueName: "dir"))
  var tuningCache: String?

  @Option(help: ArgumentHelp("Keep a file of Prometheus metrics.", valueName: "file"))
  var metricsFile: String?

  @Option(help: ArgumentHelp("Answer Prometheus at /metrics here; 0 for any free port.", valueName: "port"))
  var metricsPort: UInt16?

  @Flag(inversion: .prefixedNo, help: "Show how far the shard is, on a terminal.")
  var progress = true

  @Option(help: "The label `job_id` of the metrics (default: from plan and shard).")
  var jobId: String?

  @OptionGroup(title: "Watching") var watching: WatchOptions

  func validate() throws {
    guard threads > 0 else { throw ValidationError("--threads must be at least 1") }
    guard workers ?? 1 > 0 else { throw ValidationError("--workers must be at least 1") }
    guard queueMemory > 0 else { throw ValidationError("--queue-memory must be at least 1") }
    guard maxBadRows >= 0 else { throw ValidationError("--max-bad-rows must not be negative") }
    guard checkpointRows ?? 1 > 0 else {
      throw ValidationError("--checkpoint-rows must be at least 1")
    }
    guard checkpointSeconds > 0 else {
      throw ValidationError("--checkpoint-seconds must be above 0")
    }
  }

  func run() throws {
    log.apply()
    device.apply()
    let environment = ProcessInfo.processInfo.environment
    let options = ShardRun.Options(
      directory: RunDirectory(runDir), shard: try shardNumber(environment),
      batchSize: batchSize.value, modelFile: modelFile, threads: threads,
      workers: workers ?? Self.processors(perWorker: threads), queueBytes: queueMemory << 20,
      maximumBadRows: maxBadRows, checkpointRows: checkpointRows,
      checkpointSeconds: checkpointSeconds, device: device.device,
      attempt: Attempt.name(environment: environment),
      progressPath: environment["ARGO_PROGRESS_FILE"], metricsPath: metricsFile,
      metricsPort: metricsPort,
      showsBar: progress, tuningCache: tuningCache, drift: watching.options, jobID: jobId)
    Interruption.observe()
    let outcome = try ShardRun(options: options) { Log.write($0, .notice) }.run()
    report(outcome, options)
  }

  private func shardNumber(_ environment: [String: String]) throws(WorkerError) -> Int {
    if let shard { return shard }
    guard let text = environment["SHARD_ID"], !text.isEmpty else {
      throw .usage("no shard is given", hint: "use --shard, or set SHARD_ID")
    }
    guard let number = Int(text) else {
      throw .usage("SHARD_ID is `\(text)`, not a number", hint: nil)
    }
    return number
  }

  /// How many batches fill the processors that this process may use.
  static func processors(perWorker threads: Int) -> Int {
    max(ProcessInfo.processInfo.activeProcessorCount / threads, 1)
  }

  private func report(_ outcome: ShardRun.Outcome, _ options: ShardRun.Options) {
    let status: String
    let receipt: Receipt
    switch outcome {
    case .alreadyDone(let earlier):
      status = "already-done"
      receipt = earlier
      Log.write(
        "shard \(receipt.shard): already done by attempt \(receipt.attempt), \(receipt.rowsOut) rows")
    case .done(let finished, let halvings):
      status = "done"
      receipt = finished
      Log.write(Self.summary(finished, halvings: halvings))
    }
    let result = JSONValue.object([
      "status": .string(status), "shard": .number(String(receipt.shard)),
      "rows": .number(String(receipt.rowsOut)),
      "dead_letters": .number(String(receipt.deadLetters.rows)),
      "receipt": .string(options.directory.receipt(receipt.shard)),
    ])
    print(result.canonicalText)
  }

  /// Rows, seconds, rows a second, batch size, model.
  static func summary(_ receipt: Receipt, halvings: Int) -> String {
    let rate = Double(receipt.rowsIn) / max(receipt.seconds.total, 1e-9)
    let bad = receipt.deadLetters.rows
    return "shard \(receipt.shard): \(counted(receipt.rowsOut, "row"))"
      + (bad > 0 ? " and \(counted(bad, "dead letter"))" : "")
      + " in \(receipt.seconds.total.formatted(.number.precision(.fractionLength(2)))) s"
      + ", \(Int(rate)) rows/s, batches of \(receipt.batchRows)"
      + (halvings > 0 ? " (\(halvings) halved for lack of memory)" : "")
      + ", \(counted(receipt.parts.count, "part"))"
      + ", \(receipt.model.name) \(receipt.model.version) (\(receipt.model.kind))"
  }
}

extension ModelDirectory.Choice: ExpressibleByArgument {}
