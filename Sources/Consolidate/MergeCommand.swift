import ArgumentParser
import Foundation
import RunFiles

/// How a result appears on standard output.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case json
}

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
        Consolidate merge --run-dir runs/r7 --table out -o json \\
            --partition date=2013-07-04 --partition region=eu
        Consolidate merge --run-dir runs/r8 --table out --generation 2
      """)

  @Option(name: .customLong("run-dir"), help: "The run's directory, with plan.json and the shards.")
  var runDirectory: String

  @Option(help: "The table's directory; made when it is not there.")
  var table: String

  @Option(
    name: .customLong("partition"),
    help: "A partition column with its value; may be repeated. Default: the plan's labels date and model_version.")
  var partition: [PartitionFlag] = []

  @Option(help: "2 or more replaces the rows that an earlier generation of the same batch wrote.")
  var generation = 1

  @Option(name: .customLong("target-file-bytes"), help: "About how large a file becomes.")
  var targetFileBytes = 1 << 30

  @Option(name: .customLong("price-per-hour"), help: "Dollars for one instance for one hour; gives a cost.")
  var pricePerHour: Price?

  @Option(help: "Instances that ran the shards.")
  var instances = 1

  @Option(name: .shortAndLong, help: "Print the result on standard output: json.")
  var output: OutputFormat?

  func validate() throws {
    guard generation >= 1 else { throw ValidationError("--generation starts at 1") }
    guard targetFileBytes > 0 else { throw ValidationError("--target-file-bytes must be positive") }
    guard instances >= 1 else { throw ValidationError("--instances starts at 1") }
    let names = partition.map(\.column.name)
    guard Set(names).count == names.count else {
      throw ValidationError("--partition names the same column twice: \(names.joined(separator: ", "))")
    }
  }

  func run() throws {
    try reportingErrors {
      let merge = try Merge(
        run: try StagedRun(directory: RunDirectory(runDirectory)), tablePath: table, options: options)
      let report = try merge.perform()
      StandardError.write(report.text)
      if output == .json { print(try report.json(), terminator: "") }
    }
  }

  private var options: Merge.Options {
    Merge.Options(
      partition: partition.map(\.column), generation: generation, targetFileBytes: targetFileBytes,
      rate: pricePerHour.map { BatchCost.Rate(pricePerHour: $0.dollars, instances: instances) })
  }
}

/// `--partition name=value`.
struct PartitionFlag: ExpressibleByArgument {
  let column: Batch.PartitionColumn

  init?(argument: String) {
    guard let equals = argument.firstIndex(of: "=") else { return nil }
    let name = String(argument[..<equals])
    let value = String(argument[argument.index(after: equals)...])
    // A name becomes part of a path, and an empty value would be null.
    guard !value.isEmpty, !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
    else { return nil }
    column = Batch.PartitionColumn(name: name, value: value)
  }
}

/// An amount of money, not negative.
struct Price: ExpressibleByArgument {
  let dollars: Decimal

  /// `3`, `3.06`, `.5`: digits and at most one point. `Decimal` alone would stop at the first other character.
  init?(argument: String) {
    let digits = argument.filter { $0 != "." }
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      argument.utf8.count - digits.utf8.count <= 1,
      let dollars = Decimal(string: argument, locale: Locale(identifier: "en_US_POSIX"))
    else { return nil }
    self.dollars = dollars
  }
}
