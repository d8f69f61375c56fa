import ArgumentParser
import WorkflowCore

/// `orchestrate suspend`: holds runs up.
struct Suspend: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Hold runs up: nothing new begins, and what runs goes on.",
    discussion: """
      EXAMPLES
        orchestrate suspend @latest
        orchestrate resume @latest      goes on
      """)

  @OptionGroup var selection: RunSelection
  @OptionGroup var state: StateOptions
  @OptionGroup var machine: MachineOptions

  func run() async throws {
    let file = try state.open()
    for run in try selection.runs(state, file) {
      try await Carrier(file, state, machine).ask(.suspend, of: run, .answer)
      print("workflow \(run.name) suspended")
    }
  }
}
