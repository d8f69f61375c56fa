import ArgumentParser
import Foundation
import RunFiles
import Storage

/// Batch inference over one shard of a Parquet dataset.
@main
struct ShardWorker: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ShardWorker",
    abstract: "Batch inference over shards of Parquet files.",
    discussion: """
      EXAMPLES
        ShardWorker plan --input data/features/date=2013-07-04 --model models/flights/build/v1 \\
          --shards 4 --run-dir data/runs/2013-07-04/v1
        ShardWorker run --run-dir data/runs/2013-07-04/v1 --shard 0
        ShardWorker verify --run-dir data/runs/2013-07-04/v1
        ShardWorker bench --run-dir data/runs/2013-07-04/v1
      """,
    version: "0.1.0",
    subcommands: [PlanCommand.self, RunCommand.self, TuneCommand.self, VerifyCommand.self, BenchCommand.self])

  /// Runs the command; errors end the process with the exit codes of `ExitStatus`.
  static func main() {
    do {
      var command = try parseAsRoot()
      defer { ObjectStores.shutDown() }
      try command.run()
    } catch let error as any ReportableError {
      Log.report(error)
      Foundation.exit(error.exitStatus.rawValue)
    } catch {
      exit(withError: error)
    }
  }
}
