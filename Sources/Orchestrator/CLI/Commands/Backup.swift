import ArgumentParser
import Foundation
import StateFile

/// `orchestrate backup`: a copy of the state file, also while an engine writes it.
struct Backup: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copy the state file, also while an engine is running.",
    discussion: """
      EXAMPLES
        orchestrate backup state-2013-07-04.db
        orchestrate list --state state-2013-07-04.db

      The copy is one commit, whole. What the steps printed lies in runs/ beside the state file and is not in it.
      """)

  @Argument(help: ArgumentHelp("The copy; it must not exist.", valueName: "file"))
  var file: String

  @OptionGroup var state: StateOptions

  func run() throws {
    let path = URL(fileURLWithPath: file).standardizedFileURL.path
    guard !FileManager.default.fileExists(atPath: path) else {
      throw fail("\(file) exists already: name a new file", ExitStatus.wrongWorkflow)
    }
    do {
      try state.open().copy(to: path)
    } catch {
      throw fail("\(error)", ExitStatus.tryAgain)
    }
    print("copied \(state.path) to \(path)")
  }
}
