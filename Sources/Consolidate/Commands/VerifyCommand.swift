import ArgumentParser
import RunFiles

/// `Consolidate verify`.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Checks a table's files against its log, its manifests and, if given, a run.",
    discussion: """
      Reads every file again. Exits 65 when a file is missing, cut short or changed, when rows differ, or when the \
      run's rows are not in the table.

      EXAMPLES
        Consolidate verify --table data/predictions
        Consolidate verify --table s3://lake/predictions --at-version 7
        Consolidate verify --table data/predictions --run-dir data/runs/2013-07-04/v1
      """)

  @Option(help: "The table's directory or s3://bucket/prefix.")
  var table: String

  @Option(name: .customLong("at-version"), help: "An earlier version of the table; the latest without it.")
  var version: Int?

  @Option(
    name: .customLong("run-dir"), help: "The directory or s3://bucket/prefix of a run that should be in the table.")
  var runDirectory: String?

  @OptionGroup(title: "As given to the merge of the run")
  var partitions: PartitionOptions

  func run() throws {
    try reportingErrors {
      var verification = TableVerification(store: try TableStores.open(table), version: version)
      try verification.checkTable()
      if let runDirectory {
        try verification.checkRun(
          RunDirectory(runDirectory), partition: partitions.fixed, dataPartition: partitions.fromData)
      }
      StandardError.write(verification.text)
      if !verification.failures.isEmpty {
        throw ConsolidateError.verificationFailed(count: verification.failures.count)
      }
    }
  }
}
