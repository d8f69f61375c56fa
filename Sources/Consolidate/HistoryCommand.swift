import ArgumentParser
import DeltaLog
import RunFiles

/// `Consolidate history`.
struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Lists a table's versions, latest first, with what each one changed.",
    discussion: """
      EXAMPLES
        Consolidate history --table data/predictions
      """)

  @Option(help: "The table's directory.")
  var table: String

  func run() throws {
    try reportingErrors {
      let path = RunDirectory(table).root
      let log = DeltaTable(store: LocalLogStore(table: path))
      guard let latest = try log.snapshot() else { throw ConsolidateError.noTable(path: path) }
      print("version  committed                 operation  files      rows  batch")
      for version in (0...latest.version).reversed() {
        print(Self.line(version, try log.actions(of: version)))
      }
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
