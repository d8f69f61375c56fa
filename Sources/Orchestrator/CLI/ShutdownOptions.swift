import ArgumentParser
import WorkflowCore

/// What ending runs takes, whichever way they are ended.
struct ShutdownOptions: ParsableArguments {
  @OptionGroup var selection: RunSelection
  @Flag(help: "Only say which runs it would be.")
  var dryRun = false

  @OptionGroup var state: StateOptions
  @OptionGroup var machine: MachineOptions

  /// Ends the chosen runs, and says so.
  func end(_ strategy: ShutdownStrategy, saying done: String) async throws {
    let file = try state.open()
    for run in try selection.runs(state, file) {
      if !dryRun { try await Carrier(file, state, machine).ask(.shutDown(strategy), of: run, .end) }
      print("workflow \(run.name) \(done)" + (dryRun ? " (dry run)" : ""))
    }
  }
}
