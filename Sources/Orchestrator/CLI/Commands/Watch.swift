import ArgumentParser
import StateFile
import WorkflowCore

/// `orchestrate watch`: a run's tree, live, whoever drives it.
struct Watch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Watch a run until it has ended.",
    discussion: """
      EXAMPLES
        orchestrate watch @latest

      A live tree on a terminal, plain lines elsewhere; on standard error. Ctrl-C ends the watching, not the run.
      """)

  @Argument(help: "The run's name, or @latest.")
  var name: String

  @OptionGroup var state: StateOptions

  func run() async throws {
    let file = try state.open()
    let run = try state.run(named: name, in: file)
    let display = makeDisplay(of: run.uid)
    defer { display.close() }
    guard case .settled = try await Follower(run, file, display).follow(takingOver: false) else {
      throw ExitStatus.interrupted
    }
  }
}
