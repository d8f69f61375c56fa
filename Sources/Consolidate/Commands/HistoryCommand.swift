import ArgumentParser
import DeltaLog
import RunFiles

/// `Consolidate history`.
struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Lists a table's versions, latest first, with what each one changed.",
    discussion: """
      Every version can be read as the table once was: `--at-version N` lists its files, and Delta readers take the \
      version too.

      EXAMPLES
        Consolidate history --table data/predictions
        Consolidate history --table data/predictions --at-version 3
      """)

  @Option(help: "The table's directory or s3://bucket/prefix.")
  var table: String

  @Option(name: .customLong("at-version"), help: "List the files of this version, with their rows.")
  var version: Int?

  func run() throws {
    try reportingErrors {
      let store = try TableStores.open(table)
      let log = DeltaTable(in: store)
      guard let snapshot = try log.snapshot(at: version) else { throw ConsolidateError.noTable(path: store.root) }
      guard version == nil else { return Self.list(snapshot) }
      print("version  committed                 operation  files      rows  batch")
      for version in try log.commits().reversed() {
        print(Self.line(version, try log.actions(of: version)))
      }
    }
  }

  private static func list(_ snapshot: Snapshot) {
    for file in snapshot.files {
      print("\(leftPad(file.numRecords.map(String.init) ?? "-", 12))  \(PercentEncoding.decode(file.path))")
    }
  }

  private static func line(_ version: Int, _ actions: [Action]) -> String {
    var (added, removed, rows) = (0, 0, 0)
    var info = CommitInfo([:])
    for action in actions {
      switch action {
      case .add(let file): (added, rows) = (added + 1, rows + (file.numRecords ?? 0))
      case .remove: removed += 1
      case .commitInfo(let found): info = found
      case .protocol, .metaData, .txn: break
      }
    }
    let files = removed == 0 ? "+\(added)" : "+\(added) -\(removed)"
    let columns = [
      pad("\(version)", 7), pad(info.timestamp.map(CalendarText.timestamp) ?? "-", 24),
      pad(info.operation ?? "-", 9), leftPad(files, 7), leftPad("\(rows)", 8),
      info.members["batch"]?.text ?? "",
    ]
    return columns.joined(separator: "  ")
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private static func leftPad(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
