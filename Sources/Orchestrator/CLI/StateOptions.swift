import ArgumentParser
import Foundation
import StateFile
import WorkflowCore
import WorkflowSpec

struct StateOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The state file.", discussion: "Default: $ORCHESTRATE_STATE, else .orchestrate/state.db.", valueName: "path"))
  var state: String?

  var path: String {
    let given = state ?? ProcessInfo.processInfo.environment["ORCHESTRATE_STATE"] ?? ".orchestrate/state.db"
    return URL(fileURLWithPath: given).standardizedFileURL.path
  }

  /// Where attempts keep their files: beside the state file.
  var attemptsRoot: String { URL(fileURLWithPath: path).deletingLastPathComponent().path + "/runs" }

  func create() throws -> StateFile {
    do {
      return try StateFile(creatingIfMissing: path)
    } catch {
      throw fail("\(error)", ExitStatus.tryAgain)
    }
  }

  func open() throws -> StateFile {
    do {
      return try StateFile(existing: path)
    } catch {
      throw fail("\(error)", ExitStatus.noInput)
    }
  }

  /// The run called `name` (or `@latest`), brought back from the file.
  func run(named name: String, in file: StateFile) throws -> RunState {
    do {
      guard let stored = try file.run(named: name) else {
        throw fail("there is no workflow '\(name)'", hint: try knownNames(like: name, file), ExitStatus.noInput)
      }
      return try revive(stored)
    } catch let code as ExitCode {
      throw code
    } catch {
      throw fail("\(error)", ExitStatus.tryAgain)
    }
  }

  private func knownNames(like name: String, _ file: StateFile) throws -> String {
    let names = try file.runNames()
    guard !names.isEmpty else { return "nothing has been submitted yet" }
    return didYouMean(name, among: names) ?? "'orchestrate list' shows those there are"
  }
}
