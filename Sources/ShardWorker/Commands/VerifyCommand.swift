import ArgumentParser
import Foundation
import RunFiles
import Storage

/// `ShardWorker verify`
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check what the shards of a run have written.",
    discussion: """
      Reads the receipts of all shards of the plan, or of those given, and compares every part and
      dead-letter file with what its receipt says: size, SHA-256, rows and columns. Nothing is changed.

      EXAMPLES
        ShardWorker verify --run-dir data/runs/2013-07-04/v1
        ShardWorker verify --run-dir runs/all --shard 3 --shard 4

      EXIT CODES
        0 all is as it should be; 65 something is not; 66 there is no plan, or a shard is not done
      """)

  @OptionGroup(title: "Messages") var log: LogOptions

  @Option(help: ArgumentHelp("The directory that holds plan.json.", valueName: "dir"))
  var runDir: String

  @Option(help: "A shard to check; may be repeated (default: all).")
  var shard: [Int] = []

  func run() throws {
    log.apply()
    let directory = RunDirectory(runDir)
    let plan = try Plan(readingFrom: directory.plan)
    let verification = ShardVerification(directory: directory, plan: plan)
    var rows = 0
    let shards = shard.isEmpty ? plan.shards.map(\.index) : shard
    for index in shards { rows += try verification.check(index).rowsOut }
    Log.write("\(counted(shards.count, "shard")) checked, \(counted(rows, "row"))")
    print(
      JSONValue.object([
        "status": .string("verified"), "shards": .number(String(shards.count)),
        "rows": .number(String(rows)),
      ]).canonicalText)
  }
}
