import ArgumentParser
import StateFile
import WorkflowCore
import WorkflowEngine
import WorkflowSpec

/// Which runs a command is about: named ones, or those with given labels.
struct RunSelection: ParsableArguments {
  @Argument(help: ArgumentHelp("Names of runs; @latest is the newest.", valueName: "name"))
  var names: [String] = []

  @Option(
    name: [.customShort("l"), .customLong("selector")],
    help: ArgumentHelp("Every run with these labels, instead of names.", valueName: "key=value,..."))
  var selector: String?

  func validate() throws {
    guard names.isEmpty != (selector == nil) else { throw ValidationError("name runs, or pick them with -l key=value") }
    if let part = labels.first(where: { !$0.contains("=") }) {
      throw ValidationError("-l '\(part)': write it as key=value")
    }
  }

  private var labels: [Substring] { (selector ?? "").split(separator: ",") }

  /// The runs, brought back from the file.
  func runs(_ state: StateOptions, _ file: StateFile) throws -> [RunState] {
    guard selector != nil else { return try names.map { try state.run(named: $0, in: file) } }
    return try file.runNames().map { try state.run(named: $0, in: file) }.filter(hasLabels)
  }

  private func hasLabels(_ run: RunState) -> Bool {
    labels.allSatisfy { pair in
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      return run.workflow.metadata.labels[parts[0]] == parts[1]
    }
  }
}
