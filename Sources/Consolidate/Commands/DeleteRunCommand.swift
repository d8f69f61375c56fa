import ArgumentParser
import RunFiles

/// `Consolidate delete-run`.
struct DeleteRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete-run",
    abstract: "Takes a run's rows out of the table, with one commit.",
    discussion: """
      The files stay until `Consolidate vacuum`, and earlier versions of the table still show the rows. A merge of the \
      same run does not bring them back unless it is told to with --generation. A run that is not in the table is no \
      error: nothing happens.

      EXAMPLES
        Consolidate delete-run --table data/predictions --batch 2013-07-04/v1
        Consolidate delete-run --table data/predictions --run-id nightly-8
      """)

  @Option(help: "The table's directory or s3://bucket/prefix.")
  var table: String

  @Option(name: .customLong("run-id"), help: "The plan's label run_id, else its digest; manifests have it.")
  var runId: String?

  @Option(help: "A batch's name, as in `history`.")
  var batch: String?

  func validate() throws {
    guard (runId == nil) != (batch == nil) else { throw ValidationError("give either --run-id or --batch") }
  }

  func run() throws {
    try reportingErrors {
      let selector = batch.map { RunDeletion.Selector.batch(name: $0) } ?? .run(id: runId ?? "")
      let outcome = try RunDeletion(store: try TableStores.open(table), selector: selector).perform()
      guard let version = outcome.version else { return StandardError.write("nothing of it is in the table\n") }
      StandardError.write(
        "deleted \(MergeReport.count(outcome.rows, "row")) in \(MergeReport.count(outcome.files, "file")) "
          + "as version \(version)\n")
    }
  }
}

/// `Consolidate vacuum`.
struct VacuumCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vacuum",
    abstract: "Removes data files that no version within the retention time holds.",
    discussion: """
      Also removes what merges left that never committed. Versions older than the retention time can then no longer be \
      read in full.

      EXAMPLES
        Consolidate vacuum --table data/predictions --dry-run
        Consolidate vacuum --table data/predictions --retention-hours 720
      """)

  private static let leastHours = 168

  @Option(help: "The table's directory or s3://bucket/prefix.")
  var table: String

  @Option(name: .customLong("retention-hours"), help: "How long readers and merges may take.")
  var retentionHours = VacuumCommand.leastHours

  @Flag(help: "Allows less than a week: a merge or a reader that takes longer may lose its files.")
  var force = false

  @Flag(name: .customLong("dry-run"), help: "Only say what would be removed.")
  var dryRun = false

  func validate() throws {
    guard retentionHours >= 0, retentionHours >= Self.leastHours || force else {
      throw ValidationError("--retention-hours is below \(Self.leastHours); --force allows that")
    }
  }

  func run() throws {
    try reportingErrors {
      let outcome = try Vacuum(
        store: try TableStores.open(table), retention: retentionHours * 3_600_000, isRehearsal: dryRun
      ).perform()
      for path in outcome.files { print(path) }
      StandardError.write(
        "\(dryRun ? "would remove" : "removed") \(MergeReport.count(outcome.files.count, "file")), "
          + "\(MergeReport.count(outcome.bytes, "byte"))\n")
    }
  }
}

/// `Consolidate notify`.
struct NotifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "notify",
    abstract: "Delivers what is left in a table's outbox.",
    discussion: """
      A merge with --notify delivers by itself. This sends what did not arrive then, under the same ids.

      EXAMPLES
        Consolidate notify --table data/predictions
      """)

  @Option(help: "The table's directory or s3://bucket/prefix.")
  var table: String

  func run() throws {
    try reportingErrors {
      let sent = try Outbox(store: try TableStores.open(table)).deliver()
      StandardError.write("delivered \(MergeReport.count(sent, "notification"))\n")
    }
  }
}

/// `Consolidate report`.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Tells what a batch took and cost: as text, JSON or a page of HTML with charts.",
    discussion: """
      EXAMPLES
        Consolidate report --table data/predictions --batch 2013-07-04/v1
        Consolidate report --table data/predictions --format html > report.html
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, html
  }

  @Option(help: "The table's directory or s3://bucket/prefix.")
  var table: String

  @Option(help: "A batch's name, as in `history`; the latest without it.")
  var batch: String?

  @Option(help: "text, json or html.")
  var format = Format.text

  func run() throws {
    try reportingErrors {
      let store = try TableStores.open(table)
      let manifest = try ManifestSearch(store: store).find(batch)
      let report = MergeReport(
        outcome: .merged, table: store.root, manifest: manifest, shards: manifest.shards?.count ?? 0)
      switch format {
      case .text: print(report.text, terminator: "")
      case .json: print(try manifest.tree().fileText, terminator: "")
      case .html: print(try ReportPage(manifest, table: store.root).html(), terminator: "")
      }
    }
  }
}
