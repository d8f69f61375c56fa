import ArgumentParser
import Foundation
import RunFiles

/// How a result appears on standard output.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case json
}

extension MergeMode.Name: ExpressibleByArgument {}

/// `Consolidate merge`.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Merges a run's parts into the table with one commit.",
    discussion: """
      Verifies every shard's receipt, writes the partition's files, and commits them once: a second merge of the \
      same run adds nothing and exits 0. Nothing is visible to readers before the commit. A merge that was killed is \
      finished by the next one.

      EXAMPLES
        Consolidate merge --run-dir data/runs/2013-07-04/v1 --table data/predictions
        Consolidate merge --run-dir s3://lake/runs/r7 --table s3://lake/predictions -o json \\
            --partition date=2013-07-04 --partition region
        Consolidate merge --run-dir runs/r8 --table out --mode merge-by-key --key id --update
        Consolidate merge --run-dir runs/r8 --table out --thresholds checks.json --notify https://hooks/batch
      """)

  @Option(
    name: .customLong("run-dir"), help: "The run's directory or s3://bucket/prefix, with plan.json and the shards.")
  var runDirectory: String

  @Option(help: "The table's directory or s3://bucket/prefix; made when it is not there.")
  var table: String

  @OptionGroup(title: "Partitions")
  var partitions: PartitionOptions

  @Option(help: "What becomes of rows that are there: append, overwrite-partitions, merge-by-key.")
  var mode = MergeMode.Name.append

  @Option(help: "A column of the key, for merge-by-key; may be repeated.")
  var key: [String] = []

  @Flag(help: "With merge-by-key, rows whose key is there replace what is there.")
  var update = false

  @Option(help: "2 or more replaces the rows that an earlier generation of the same batch wrote.")
  var generation = 1

  @Option(name: .customLong("target-file-bytes"), help: "About how large a file becomes.")
  var targetFileBytes = 1 << 30

  @OptionGroup(title: "Checks")
  var checks: CheckOptions

  @OptionGroup(title: "Cost")
  var cost: CostOptions

  @Option(help: "Who is told: an http(s) URL, or the ARN of an SNS topic; may be repeated.")
  var notify: [String] = []

  @Option(help: "Write the report as a page of HTML.", completion: .file())
  var report: String?

  @Option(name: .shortAndLong, help: "Print the result on standard output: json.")
  var output: OutputFormat?

  func validate() throws {
    guard generation >= 1 else { throw ValidationError("--generation starts at 1") }
    guard targetFileBytes > 0 else { throw ValidationError("--target-file-bytes must be positive") }
    guard (mode == .mergeByKey) == !key.isEmpty else {
      throw ValidationError("--mode merge-by-key and --key go together")
    }
    guard !update || mode == .mergeByKey else { throw ValidationError("--update needs --mode merge-by-key") }
    for target in notify where NotificationTarget(target) == nil {
      throw ValidationError("--notify `\(target)` is neither an http(s) URL nor the ARN of a topic")
    }
  }

  func run() throws {
    try reportingErrors {
      let merge = try Merge(
        run: try StagedRun(directory: RunDirectory(runDirectory)), store: try TableStores.open(table),
        options: try options())
      let result = try merge.perform()
      StandardError.write(result.text)
      if let report { try ReportPage(result.manifest, table: result.table).write(to: report) }
      if output == .json { print(try result.json(), terminator: "") }
    }
  }

  private func options() throws -> Merge.Options {
    Merge.Options(
      partition: partitions.fixed, dataPartition: partitions.fromData, mode: mergeMode, generation: generation,
      targetFileBytes: targetFileBytes, rate: try cost.rate(),
      thresholds: try checks.thresholds.map(Thresholds.init(readingFrom:)), baseline: checks.source,
      notify: notify.compactMap(NotificationTarget.init))
  }

  private var mergeMode: MergeMode {
    switch mode {
    case .append: .append
    case .overwritePartitions: .overwritePartitions
    case .mergeByKey: .mergeByKey(columns: key, updates: update)
    }
  }
}
