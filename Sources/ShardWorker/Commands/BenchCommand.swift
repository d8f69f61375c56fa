import ArgumentParser
import Foundation
import RunFiles

/// `ShardWorker bench`
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure what a shard's stages cost alone, and how near the pipeline comes to what they allow.",
    discussion: """
      Takes the shard through its stages one after another on one thread, then through the pipeline, and
      compares. What is written goes to a directory beside the run's files and is removed.

      EXAMPLES
        ShardWorker bench --run-dir data/runs/2013-07-04/v1
        ShardWorker bench --run-dir runs/all --shard 3 --batch-size 2048 --workers 4
        ShardWorker bench --run-dir runs/all --device cuda:0 --pageable --no-graphs

      EXIT CODES
        as those of `run`
      """)

  @OptionGroup(title: "Messages") var log: LogOptions

  @Option(help: ArgumentHelp("The directory that holds plan.json.", valueName: "dir"))
  var runDir: String

  @Option(help: "The shard to measure.")
  var shard = 0

  @Option(help: "Rows a batch, or `auto`.")
  var batchSize = RunCommand.BatchSize(.auto)

  @Option(help: "Which weights: `pt2` (AOTInductor), `pt` (TorchScript), or `auto`.")
  var modelFile = ModelDirectory.Choice.auto

  @Option(help: "Threads of the model.")
  var threads = 1

  @Option(help: "Batches that the model runs side by side (default: the processors at hand).")
  var workers: Int?

  @Option(help: "Rows that may go to the dead-letter file.")
  var maxBadRows = 0

  @OptionGroup(title: "Device") var device: DeviceOptions

  func run() throws {
    log.apply()
    device.apply()
    var options = ShardRun.Options(
      directory: RunDirectory(runDir), shard: shard, attempt: Attempt.name(environment: [:]))
    options.batchSize = batchSize.value
    options.modelFile = modelFile
    options.threads = threads
    options.workers = workers ?? RunCommand.processors(perWorker: threads)
    options.maximumBadRows = maxBadRows
    options.device = device.device
    let report = try ShardBench(options: options) { Log.write($0, .notice) }.run()
    for line in Self.table(report) { Log.write(line) }
    print(Self.result(report).canonicalText)
  }

  private static func stages(_ report: ShardBench.Report) -> [(String, Double)] {
    [
      ("read", report.read), ("assemble", report.assemble), ("infer", report.infer), ("encode", report.encode),
      ("write", report.write),
    ]
  }

  static func table(_ report: ShardBench.Report) -> [String] {
    func row(_ name: String, _ seconds: Double) -> String {
      let rate = Int(Double(report.rows) / max(seconds, 1e-9))
      return name.padding(toLength: 22, withPad: " ", startingAt: 0)
        + "\(seconds.formatted(.number.precision(.fractionLength(3)).grouping(.never))) s  \(rate) rows/s"
    }
    return report.batches.map { "\($0.batchRows) rows a batch: \(Int($0.rowsPerSecond)) rows/s" }
      + stages(report).map { row("\($0) alone", $1) }
      + [
        row("ceiling, \(report.cores) cores", report.ceiling), row("pipeline", report.overlapped),
        row("start", report.start),
        "share of the ceiling: \(report.shareOfCeiling.formatted(.number.precision(.fractionLength(2))))",
      ]
  }

  private static func result(_ report: ShardBench.Report) -> JSONValue {
    func number(_ value: Double) -> JSONValue { .number(String(value)) }
    return .object([
      "rows": .number(String(report.rows)), "cores": .number(String(report.cores)),
      "seconds": .object(Dictionary(uniqueKeysWithValues: stages(report).map { ($0, number($1)) })),
      "ceiling_seconds": number(report.ceiling), "pipeline_seconds": number(report.overlapped),
      "start_seconds": number(report.start), "share_of_ceiling": number(report.shareOfCeiling),
      "batches": .array(
        report.batches.map {
          .object(["rows": .number(String($0.batchRows)), "rows_per_second": number($0.rowsPerSecond)])
        }),
    ])
  }
}
