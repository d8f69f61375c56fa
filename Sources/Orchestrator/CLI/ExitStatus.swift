import ArgumentParser
import Foundation

/// What the program's exit codes mean (sysexits.h, where it has a word for it).
enum ExitStatus {
  static let workflowFailed = ExitCode(1)
  static let wrongWorkflow = ExitCode(65)
  static let noInput = ExitCode(66)
  static let tryAgain = ExitCode(75)
  /// Left by Ctrl-C; the run goes on.
  static let interrupted = ExitCode(130)
}

/// Ends the command with a message for the operator: what happened, and what to do about it.
func fail(_ message: String, hint: String? = nil, _ status: ExitCode) -> ExitCode {
  printError("error: \(message)")
  if let hint { printError("hint: \(hint)") }
  return status
}

func printError(_ line: String) {
  FileHandle.standardError.write(Data((line + "\n").utf8))
}
