import ArgumentParser
import Foundation
import RunFiles

/// `ShardWorker tune`
struct TuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract: "Measure the model at several batch sizes, on a shard's first rows.",
    discussion: """
      Prints rows a second by batch size, and the size that `run` would take. With --cache, the result
      is kept in a directory, from which `run --tuning-cache` takes it without measuring.

      EXAMPLES
        ShardWorker tune --run-dir data/runs/2013-07-04/v1
        ShardWorker tune --run-dir runs/all --shard 3 --cache /var/cache/shard-worker

      EXIT CODES
        as those of `run`
      """)

  @OptionGroup(title: "Messages") var log: LogOptions

  @Option(help: ArgumentHelp("The directory that holds plan.json.", valueName: "dir"))
  var runDir: String

  @Option(help: "The shard whose first rows are taken.")
  var shard = 0

  @Option(help: "Which weights: `pt2` (AOTInductor), `pt` (TorchScript), or `auto`.")
  var modelFile = ModelDirectory.Choice.auto

  @Option(help: "Threads of the model.")
  var threads = 1

  @OptionGroup(title: "Device") var device: DeviceOptions

  @Option(help: ArgumentHelp("Keep the result here.", valueName: "dir"))
  var cache: String?

  func run() throws {
    log.apply()
    device.apply()
    var options = ShardRun.Options(
      directory: RunDirectory(runDir), shard: shard, attempt: "tune")
    options.modelFile = modelFile
    options.threads = threads
    options.device = device.device
    options.tuningCache = cache
    let results = try ShardRun(options: options) { Log.write($0, .notice) }.sweep()
    let best = BatchTuner.best(of: results)
    for result in results {
      let mark = result == best ? "  <- run takes this" : ""
      Log.write("\(result.batchRows) rows: \(Int(result.rowsPerSecond)) rows/s\(mark)")
    }
    print(
      JSONValue.object([
        "batch_rows": .number(String(best.batchRows)),
        "rows_per_second": .number(String(Int(best.rowsPerSecond))),
      ]).canonicalText)
  }
}
