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
      Tables and runs are directories or s3://bucket/prefix. S3 is reached as AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, \
      AWS_SESSION_TOKEN, AWS_REGION and AWS_ENDPOINT_URL say.

      Exit codes: 0 done (or done before), 64 usage, 65 bad data, 66 no run there, 70 a fault of this program, \
      75 try again.
      """,
    version: Release.name,
    subcommands: [
      MergeCommand.self, VerifyCommand.self, HistoryCommand.self, DeleteRunCommand.self, VacuumCommand.self,
      ReportCommand.self, NotifyCommand.self,
    ])

  /// As ArgumentParser's own, with Arrow's object stores put away before the process ends.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
      ObjectStores.shutDown()
    } catch {
      ObjectStores.shutDown()
      exit(withError: error)
    }
  }
}

/// What this program calls itself in what it writes.
enum Release {
  static let version = "0.2.0"
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
