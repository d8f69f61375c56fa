import ArgumentParser
import WorkflowCore

/// `orchestrate resume`: lets suspended runs and nodes go on.
struct Resume: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Let a suspended run, or suspended nodes of it, go on.",
    discussion: """
      EXAMPLES
        orchestrate resume @latest
        orchestrate resume @latest --node-field-selector displayName=approve

      An engine that drives the run goes on at once; where none does, 'orchestrate engine --until-idle' carries it on.
      """)

  @OptionGroup var selection: RunSelection

  @Option(help: ArgumentHelp("Only these suspended nodes.", valueName: "field=value,..."))
  var nodeFieldSelector: String?

  @OptionGroup var state: StateOptions
  @OptionGroup var machine: MachineOptions

  func run() async throws {
    let file = try state.open()
    let nodes = try nodeFieldSelector.map(selector)
    for run in try selection.runs(state, file) {
      try await Carrier(file, state, machine).ask(.resume(nodes), of: run, .answer)
      print("workflow \(run.name) resumed")
    }
  }
}
