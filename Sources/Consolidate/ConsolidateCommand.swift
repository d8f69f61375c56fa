import ArgumentParser
import Foundation
import RunFiles
import Storage

/// `Consolidate`: turns the verified parts of a run into one commit of a Delta table.
@main
struct ConsolidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "Consolidate",
    abstract: "Merges the parts of a batch-inference run into a Delta table, exactly once.",
    discussion: """
      Exit codes: 0 done (or done before), 64 usage, 65 bad data, 66 no run there, 70 a fault of this program, \
      75 try again.
      """,
    version: Release.name,
    subcommands: [MergeCommand.self, VerifyCommand.self, HistoryCommand.self])
}

/// What this program calls itself in what it writes.
enum Release {
  static let version = "0.1.0"
  static let name = "Consolidate \(version)"
}

extension ParsableCommand {
  /// Runs a command's work; an error is reported on standard error and becomes the exit code of its class.
  func reportingErrors(_ work: () throws -> Void) throws {
    do {
      try work()
    } catch let code as ExitCode {
      throw code
    } catch {
      let reportable = reportable(error)
      StandardError.write(reportable.report + "\n")
      throw ExitCode(reportable.exitStatus.rawValue)
    }
  }
}

/// Messages for people go here, so that standard output holds nothing but the result.
enum StandardError {
  static func write(_ text: String) {
    FileHandle.standardError.write(Data(text.utf8))
  }
}
